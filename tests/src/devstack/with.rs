//! Private stacks: of one owner, gone with it.

use teal_devstack::{Options, Progress, Stack};

use super::Project;

/// A private stack as another process would have it.
fn private(project: &Project, name: &str) -> Options {
    let mut options = Options::named(project.folder.path(), name, Progress::silent());
    options.usual_ports = false;
    options
}

#[tokio::test]
async fn a_private_stack_is_swept_once_its_owner_is_dead_and_not_before() {
    let project = Project::new();
    let first = private(&project, "test-1");
    let owned = Stack::up(&first).await.unwrap();
    let second = Stack::up(&private(&project, "test-2")).await.unwrap();
    let servers = Stack::status(&first).unwrap();
    assert!(servers.running, "the stack of a living owner was swept");
    second.end().await.unwrap();

    drop(owned); // as when the owner was killed: the lock is free, the servers still run
    let third = Stack::up(&private(&project, "test-3")).await.unwrap();
    assert!(!project.state().with_file_name("test-1").exists());
    let orphans = servers.servers.iter().filter_map(|server| server.pid);
    let alive: Vec<i32> = orphans.filter(|pid| is_alive(*pid)).collect();
    assert!(alive.is_empty(), "still there: {alive:?}");
    third.end().await.unwrap();
    assert!(!project.state().with_file_name("test-3").exists());
}

fn is_alive(pid: i32) -> bool {
    teal_devstack::process::Process::of(pid).is_some()
}
