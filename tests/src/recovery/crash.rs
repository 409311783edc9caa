//! Servers that die: a merge store with staged rows, a Temporal server with all it knows.

use std::fs;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use teal_devstack::Stack;
use teal_temporal::{Retry, Settings, Temporal};

use super::town::{Hold, LIMIT, Town};
use crate::{
    cli::desk::Shop,
    devstack::Project,
    testkit::{Db, eventually},
};

/// `kill -9` of a server of the stack.
fn killed(project: &Project, server: &str) {
    let status = Stack::status(&project.options).unwrap();
    let server = status.servers.into_iter().find(|known| known.name == server).unwrap();
    kill(Pid::from_raw(server.pid.unwrap()), Signal::SIGKILL).unwrap();
}

async fn connected(stack: &Stack) -> Temporal {
    let settings =
        Settings::from_environment(Some(&stack.temporal_address()), Some("default")).unwrap();
    Temporal::connect(&settings, Retry::WORKER).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn crashed_servers_cost_neither_staged_rows_nor_workflows() {
    const TEST: &str = "crashed_servers_cost_neither";
    let project = Project::new();
    let stack = Stack::up(&project.options).await.unwrap();
    let source = Db::at(&stack.source_url(), "src", TEST).await;
    let merge = Db::at(&stack.merge_url(), "mrg", TEST).await;
    let shop = Shop::over(source, merge, "own_crash".to_owned()).await;
    let client = connected(&stack).await;
    let mut town = Town::over(shop, stack.temporal_address(), client, "external").await;
    let worker = town.load();

    staging_is_lost(&project, &town).await;
    town.goes(&["pause", &town.name(), "--reason", "month end"]);

    killed(&project, "temporal");
    for file in ["temporal.db", "temporal.db-wal", "temporal.db-shm"] {
        fs::remove_file(stack.folder().join("temporal").join(file)).ok();
    }
    let stack = Stack::up(&project.options).await.unwrap();
    town.client = connected(&stack).await;
    drop(worker);
    let _worker = town.worker();
    workflows_are_lost(&town).await;

    drop((town, _worker)); // its databases go with it, while their servers are there
    project.end().await;
}

/// The merge store dies between ingest and merge: UNLOGGED tables are empty after its recovery.
async fn staging_is_lost(project: &Project, town: &Town) {
    let (merge, before) = (&town.shop.merge, town.last_batch().await);
    merge
        .run(&format!(
            "create function hold() returns trigger language plpgsql as
             $$ begin perform {}; return new; end $$;
             create trigger hold before insert on {} for each row execute function hold()",
            Hold::SHARED,
            town.people()
        ))
        .await;
    let _hold = Hold::on(merge).await; // dies with the server
    town.change(1).await;
    town.ask_for_a_batch().await;
    Hold::holds(merge).await;
    killed(project, "merge");
    Stack::up(&project.options).await.unwrap();
    assert_eq!(town.committed_after(before).await, before + 1);
    let batch =
        format!("select attempts, inserted, updated from teal.batch where batch = {before} + 1");
    assert_eq!(merge.rows(&batch).await, ["2|1|2"], "it was read once more, under its number");
    town.is_sound().await;
}

/// Temporal's database is gone: the catalog knows everything.
async fn workflows_are_lost(town: &Town) {
    let (stream, before) = (town.name(), town.last_batch().await);
    town.change(2).await;
    eventually("the status says so", LIMIT, || async {
        town.shop.desk.teal(&["status", &stream]).contains("no workflow").then_some(())
    })
    .await;
    eventually("the worker is back", LIMIT, || async {
        town.shop.desk.teal(&["apply"]).starts_with("exit: 0\n").then_some(())
    })
    .await;
    let refused = town.fails(&["run", &stream], "TEMPORAL0005");
    assert!(refused.contains("paused"), "a pause outlives Temporal: {refused}");
    town.goes(&["resume", &stream]);
    town.goes(&["run", &stream]);
    assert_eq!(town.last_batch().await, before + 1);
    let loads = "select count(*) from teal.batch where first_load";
    assert_eq!(town.shop.merge.number(loads).await, 1, "nothing was loaded again");
    town.is_sound().await;
}
