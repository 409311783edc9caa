//! Starting again after whatever happened.

use std::{fs, net::TcpListener, os::unix::fs::MetadataExt, process::Command};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::Connection;
use teal_devstack::Stack;

use super::{Project, number};

#[tokio::test]
async fn a_second_up_leaves_running_servers_alone() {
    let project = Project::new();
    let first = Stack::up(&project.options).await.unwrap();
    let pids = project.pids();
    let second = Stack::up(&project.options).await.unwrap();
    assert_eq!(pids, project.pids());
    assert!(pids.iter().all(Option::is_some), "{pids:?}");
    assert_eq!(first.environment(), second.environment());
    project.end().await;
}

#[tokio::test]
async fn killed_servers_come_back_with_their_data_at_the_same_ports() {
    let project = Project::new();
    let stack = Stack::up(&project.options).await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&stack.merge_url()).await.unwrap();
    let statements = "create table t as select 7::bigint as n";
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    for pid in project.pids().into_iter().flatten() {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    }
    let again = Stack::up(&project.options).await.unwrap();
    assert_eq!(stack.environment(), again.environment());
    assert_eq!(number(&again.merge_url(), "select n from t").await, 7);
    project.end().await;
}

#[tokio::test]
async fn an_unreadable_state_file_costs_the_ports_and_nothing_else() {
    let project = Project::new();
    let stack = Stack::up(&project.options).await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&stack.source_url()).await.unwrap();
    let statements = "create table t as select 7::bigint as n";
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    fs::write(project.state().join("stack.json"), "{ torn").unwrap();
    let again = Stack::up(&project.options).await.unwrap();
    assert_eq!(number(&again.source_url(), "select n from t").await, 7);
    project.end().await;
}

#[tokio::test]
async fn a_half_made_data_folder_is_made_again() {
    let project = Project::new();
    let data = project.state().join("source/data");
    fs::create_dir_all(data.join("base")).unwrap();
    fs::create_dir_all(project.state().join("merge/data.new")).unwrap();
    let stack = Stack::up(&project.options).await.unwrap();
    assert_eq!(number(&stack.source_url(), "select 1::bigint").await, 1);
    assert_eq!(number(&stack.merge_url(), "select 1::bigint").await, 1);
    project.end().await;
}

#[tokio::test]
async fn a_pid_file_that_names_a_stranger_is_stale() {
    let project = Project::new();
    Stack::up(&project.options).await.unwrap();
    Stack::down(&project.options).await.unwrap();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let (data, pid) = (project.state().join("source/data"), stranger.id());
    let file = data.join("postmaster.pid");
    fs::write(&file, format!("{pid}\n{}\n0\n1\n", data.display())).unwrap();
    let owner = fs::metadata(&data).unwrap();
    std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    let stack = Stack::up(&project.options).await.unwrap();
    assert_eq!(number(&stack.source_url(), "select 1::bigint").await, 1);
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was ended");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    project.end().await;
}

#[tokio::test]
async fn a_port_that_was_taken_meanwhile_is_given_up() {
    let project = Project::new();
    let first = Stack::up(&project.options).await.unwrap();
    Stack::down(&project.options).await.unwrap();
    let taken = TcpListener::bind(("127.0.0.1", first.source_port())).unwrap();
    let second = Stack::up(&project.options).await.unwrap();
    assert_ne!(first.source_port(), second.source_port());
    assert_eq!(first.merge_port(), second.merge_port());
    assert_eq!(number(&second.source_url(), "select 1::bigint").await, 1);
    drop(taken);
    project.end().await;
}

#[tokio::test]
async fn down_ends_programs_and_servers_and_keeps_the_data() {
    let project = Project::new();
    let stack = Stack::up(&project.options).await.unwrap();
    let mut sleep = Command::new("sleep");
    sleep.arg("60");
    let program = stack.spawn("worker", sleep).await.unwrap();
    Stack::down(&project.options).await.unwrap();
    assert!(!program.is_running());
    assert_eq!(project.pids(), [None, None, None]);
    assert!(project.state().join("source/data/PG_VERSION").exists());
    let folder = project.state();
    project.end().await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn an_up_that_waited_for_a_wipe_starts_anew() {
    let project = Project::new();
    let wiped = Stack::up(&project.options).await.unwrap();
    let (gone, up) = tokio::join!(Stack::wipe(&project.options), Stack::up(&project.options));
    gone.unwrap();
    let up = up.unwrap();
    assert_ne!(up.environment(), wiped.environment(), "passwords went with the data");
    assert_eq!(number(&up.source_url(), "select 1::bigint").await, 1);
    project.end().await;
}
