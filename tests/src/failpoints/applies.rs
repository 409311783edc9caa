//! Applies that die: in a worker's step, and in the command that does it all itself.

use teal_failpoint::{Boundary, Point, Side};
use teal_temporal::names;

use crate::testkit::{
    LIMIT, eventually,
    plant::{Model, Plant},
};

/// A workflow of the apply, whose worker dies.
pub(super) async fn by_worker(plant: Plant, points: Vec<Point>) {
    plant
        .source
        .run("alter table people add c1 text default 'x', add c2 text, add c3 text, add c4 text")
        .await;
    plant.apply().await;
    plant.batch().await;
    let mut model = Model::default();
    for (turn, point) in (1..).zip(points) {
        match point.boundary {
            Boundary::TablesAlter => {
                model.columns += &format!("\n      c{turn}: {{type: text, nullable: true}}");
            }
            Boundary::ViewsPut => model.more += &workspace(turn),
            _ => model.schedule = format!("{{every: {turn}h}}"),
        }
        plant.write(&model);
        let mut victim = plant.victim(point);
        let watching = plant.command(&["apply", "--yes"], "");
        plant.dead(&mut victim, point).await;
        let heir = plant.worker("");
        let apply = names::apply_workflow(&plant.name);
        plant.temporal.wait_closed(&apply, LIMIT).await.unwrap();
        drop(watching);
        plant.is_applied().await;
        heir.end().await;
        plant.change().await;
        plant.batch().await;
    }
}

fn workspace(number: usize) -> String {
    format!(
        "---\nkind: Workspace\nname: another{number}\nteam: retail/online\nroles: external\n\
         groups:\n  core:\n    needs: {{history: none}}\n    sinks: [shop:people]\n"
    )
}

/// All deaths of one first apply, in the order in which they come.
pub(super) async fn first(plant: Plant, points: Vec<Point>) {
    for point in points {
        plant.killed(point, &["apply", "--local", "--yes"]).await;
    }
    plant.apply().await;
    plant.is_applied().await;
    plant.batch().await;
}

/// A change for each point, and the way back; a worker lives beside, as workflows that end want one.
pub(super) async fn changed(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    let worker = plant.worker("");
    for point in points {
        let model = prepare(&plant, point).await;
        plant.write(&model);
        let armed = match point.boundary {
            Boundary::ApplyStop => format!("apply.publish:before=error,{point}=kill"),
            _ => format!("{point}=kill"),
        };
        plant.killed_armed(point, &armed, &["apply", "--local", "--yes"]).await;
        apply_beside_a_worker(&plant).await;
        plant.is_applied().await;
        plant.write(&Model::default());
        apply_beside_a_worker(&plant).await;
        plant.is_applied().await;
        plant.change().await;
        plant.is_healed_by(&worker, plant.run_all()).await;
    }
}

/// What a command says whose batch another attempt has ended: its session, or its right to commit.
const ENDED: [&str; 4] = ["PG0002", "PG0005", "LEDGER0002", "LEDGER0005"];
/// What made the worker's side of it fail, where the command asked the stream for it.
const ENDED_THERE: [&str; 2] = ["WORK0001", "PG0005"];

/// Whether a command met nothing but that; on a busy machine a stream may also answer too late.
fn is_overtaken(said: &str) -> bool {
    let fails_with = |code: &str| said.contains(&format!("error[{code}]"));
    ENDED.into_iter().any(fails_with)
        || fails_with("TEMPORAL0006")
        || (fails_with("TEMPORAL0012") && ENDED_THERE.iter().any(|code| said.contains(code)))
}

/// A worker that lives does the same loads: the one of both that began later ends the other's batch, and
/// a command whose batch is ended says so and is given again.
async fn apply_beside_a_worker(plant: &Plant) {
    eventually("the apply comes to its end", LIMIT, || async {
        let mut command = plant.command(&["apply", "--local", "--yes"], "");
        let status = command.ended().await;
        let said = command.said();
        assert!(status.success() || is_overtaken(&said), "{status}\n{said}");
        status.success().then_some(())
    })
    .await;
}

/// The model whose apply passes this boundary; what has to be true before is made so.
async fn prepare(plant: &Plant, point: Point) -> Model {
    let (default, elsewhere) = (Model::default(), format!("platform: {}_h", plant.name));
    match point.boundary {
        Boundary::ApplyRepair => {
            let view = if point.side == Side::Before { "people" } else { "orders" };
            let table = format!("{}.shop__{view}", plant.name);
            plant.merge.run(&format!("drop table {table} cascade")).await;
            default
        }
        Boundary::ApplyStop => Model { more: workspace(1), ..default },
        Boundary::ApplyHandOver => Model { streams: "single".to_owned(), ..default },
        // the live stream loses what only these views showed, once they have left it
        Boundary::ApplyInstallStream => Model { core: elsewhere, more: workspace(1), ..default },
        // ... and ends with its last view
        _ => Model { core: elsewhere, ..default },
    }
}
