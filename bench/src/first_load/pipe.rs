//! The pipe to compare with: two `psql` processes.

use std::{process::Stdio, time::Instant};

use tokio::process::Command;

use super::stage::Stage;
use crate::Outcome;

/// Copies the table through `psql | psql` into a logged table and adds its primary key: seconds.
pub(crate) async fn run(stage: &Stage<'_>) -> Outcome<f64> {
    stage.merge_sql("drop table if exists raw").await?;
    stage.merge_sql(&format!("create table raw {}", stage.columns())).await?;
    let started = Instant::now();
    let out = "copy (select * from facts) to stdout (format binary)";
    let mut sender = Command::new("psql")
        .args(["-qX", "-d", &stage.source_url(), "-c", out])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pipe: Stdio = sender.stdout.take().ok_or("no pipe")?.try_into()?;
    let receiver = Command::new("psql")
        .args(["-qX", "-d", &stage.merge_url(), "-c", "copy raw from stdin (format binary)"])
        .stdin(pipe)
        .kill_on_drop(true)
        .status()
        .await?;
    if !(sender.wait().await?.success() && receiver.success()) {
        return Err("the psql pipe failed".into());
    }
    stage.merge_sql("alter table raw add primary key (id)").await?;
    let seconds = started.elapsed().as_secs_f64();
    stage.merge_sql("drop table raw").await?;
    Ok(seconds)
}
