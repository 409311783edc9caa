//! The golden scripts: what each batch leaves, row by row.

use teal_model::release::Style;

use super::world::{PEOPLE, Stream, World, people};

/// A world whose source has the table `people`.
async fn with_people(test: &str) -> World {
    let world = World::new(test).await;
    world.bench.source.run(PEOPLE).await;
    world
}

fn person(id: i32, employer: &str) -> String {
    format!("({id}, 'First{id}', 'Last{id}', '1980-01-0{id}', '{employer}', null)")
}

impl World {
    async fn insert(&self, people: &[(i32, &str)]) {
        let rows: Vec<String> = people.iter().map(|&(id, employer)| person(id, employer)).collect();
        self.bench.source.run(&format!("insert into people values {}", rows.join(", "))).await;
    }

    async fn live(&self) -> Vec<String> {
        let rows = "select id, employer, teal_batch from live.shop__people order by id";
        self.bench.merge.rows(rows).await
    }

    async fn milestoned(&self) -> Vec<String> {
        let rows = "select id, employer, teal_batch_in, nullif(teal_batch_out, 2147483647)
                    from milestoned.shop__people order by id, teal_batch_in";
        self.bench.merge.rows(rows).await
    }
}

#[tokio::test]
async fn live_keeps_the_latest_image_and_the_batch_of_each_change() {
    let world = with_people("live_keeps_the_latest_image").await;
    let stream = world.stream(Style::Live, &[people()]).await;
    // b1: the source is empty
    assert_eq!(stream.counts().await, (1, 0, 0, 0, 0));
    assert_eq!(world.live().await, Vec::<String>::new());
    // b2: five people
    world.insert(&[(1, "A"), (2, "B"), (3, "C"), (4, "D"), (5, "E")]).await;
    assert_eq!(stream.counts().await, (2, 5, 0, 0, 0));
    assert_eq!(world.live().await, ["1|A|2", "2|B|2", "3|C|2", "4|D|2", "5|E|2"]);
    // b3: one changes, one goes
    world
        .bench
        .source
        .run("update people set employer = 'Z' where id = 1; delete from people where id = 3")
        .await;
    assert_eq!(stream.counts().await, (3, 0, 1, 1, 3));
    assert_eq!(world.live().await, ["1|Z|3", "2|B|2", "4|D|2", "5|E|2"]);
    // b4: it returns
    world.insert(&[(3, "C")]).await;
    assert_eq!(stream.counts().await, (4, 1, 0, 0, 4));
    assert_eq!(world.live().await, ["1|Z|3", "2|B|2", "3|C|4", "4|D|2", "5|E|2"]);
    // b5: nothing happens
    assert_eq!(stream.counts().await, (5, 0, 0, 0, 5));
    assert_eq!(world.live().await, ["1|Z|3", "2|B|2", "3|C|4", "4|D|2", "5|E|2"]);
    assert_all_committed(&world, &stream).await;
}

#[tokio::test]
async fn milestoned_keeps_every_version_with_its_batches() {
    let world = with_people("milestoned_keeps_every_version").await;
    let stream = world.stream(Style::Milestoned, &[people()]).await;
    let source = &world.bench.source;
    // b1: one person
    world.insert(&[(1, "A")]).await;
    assert_eq!(stream.counts().await, (1, 1, 0, 0, 0));
    assert_eq!(world.milestoned().await, ["1|A|1|-"]);
    // b2: a second one
    world.insert(&[(2, "X")]).await;
    assert_eq!(stream.counts().await, (2, 1, 0, 0, 1));
    assert_eq!(world.milestoned().await, ["1|A|1|-", "2|X|2|-"]);
    // b3: the first changes
    source.run("update people set employer = 'B' where id = 1").await;
    assert_eq!(stream.counts().await, (3, 0, 1, 0, 1));
    assert_eq!(world.milestoned().await, ["1|A|1|2", "1|B|3|-", "2|X|2|-"]);
    // b4: and goes
    source.run("delete from people where id = 1").await;
    assert_eq!(stream.counts().await, (4, 0, 0, 1, 1));
    assert_eq!(world.milestoned().await, ["1|A|1|2", "1|B|3|3", "2|X|2|-"]);
    // b5: its first value returns: a new version
    world.insert(&[(1, "A")]).await;
    assert_eq!(stream.counts().await, (5, 1, 0, 0, 1));
    assert_eq!(world.milestoned().await, ["1|A|1|2", "1|B|3|3", "1|A|5|-", "2|X|2|-"]);
    assert_all_committed(&world, &stream).await;
}

/// Each batch is committed once, counts add up to the table, DDL ran once, staging is gone.
async fn assert_all_committed(world: &World, stream: &Stream) {
    let merge = &world.bench.merge;
    let batches = merge.rows("select batch, status, attempts from teal.batch order by batch").await;
    let expected: Vec<String> = (1..=5).map(|batch| format!("{batch}|committed|1")).collect();
    assert_eq!(batches, expected);
    let sums = "select sum(d.inserted) - sum(d.deleted) = t.rows from teal.batch_dataset d
                join teal.merge_table t on t.id = d.merge_table_id group by t.rows";
    assert_eq!(merge.rows(sums).await, ["true"]);
    let state = "select last_batch, next_batch, schema_version from teal.stream_state";
    assert_eq!(merge.rows(state).await, ["5|6|1"]);
    assert_eq!(stream.staging().await, Vec::<String>::new());
}
