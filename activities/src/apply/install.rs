//! Writes the wanted state into the control catalog: streams with their sizes, intents, workspaces.

use std::collections::BTreeSet;

use sqlx::{PgConnection, types::Json};
use teal_failpoint::Boundary;
use teal_model::{
    Result, StreamId,
    release::{Job, Release},
    sizing::Quantities,
};

use crate::{
    Io,
    pg::{self, PgResultExt},
};

/// One transaction. Streams keep their surrogate id, also under a new name; those that are no longer
/// wanted stay until their own step retires them. `late`: streams whose own step installs them, as
/// they would else alter their tables before views have left these.
pub(super) async fn install(
    io: &Io,
    release: &Release,
    late: &BTreeSet<&StreamId>,
) -> Result<String> {
    let mut tx = pg::begin_in(io.control(), "installing the release").await?;
    for job in release.jobs.iter().filter(|job| !late.contains(&job.stream.id)) {
        let id = match known(&mut tx, job, release).await? {
            Some(id) => id,
            None => enter(&mut tx, job).await?,
        };
        configure(&mut tx, id, job).await?;
        // A pause is a person's and stays; the end of a stream is the model's, and it is wanted again.
        sqlx::query(
            "insert into teal.intent (stream_id) values ($1) on conflict (stream_id)
             do update set wanted = 'run', reason = '' where teal.intent.wanted = 'retired'",
        )
        .bind(id)
        .execute(&mut *tx)
        .await
        .during("installing the release")?;
    }
    workspaces(&mut tx, release).await?;
    pg::commit(tx, Boundary::ApplyInstall).await?;
    Ok(format!("{} streams, {} workspaces", release.jobs.len(), release.workspaces.len()))
}

/// Installs one stream, whose step has come.
pub(super) async fn install_one(io: &Io, release: &Release, stream: &StreamId) -> Result<()> {
    let Some(job) = release.job(stream) else { return Ok(()) };
    let mut tx = pg::begin_in(io.control(), "installing a stream").await?;
    let id = match known(&mut tx, job, release).await? {
        Some(id) => id,
        None => enter(&mut tx, job).await?,
    };
    configure(&mut tx, id, job).await?;
    pg::commit(tx, Boundary::ApplyInstallStream).await
}

/// The stream of this name, else of an earlier one that no other job has.
async fn known(conn: &mut PgConnection, job: &Job, release: &Release) -> Result<Option<i64>> {
    let earlier = job.stream.formerly.iter().filter(|id| release.job(id).is_none());
    for name in std::iter::once(&job.stream.id).chain(earlier) {
        let found: Option<i64> =
            sqlx::query_scalar("select id from teal.stream where name = $1 and retired_at is null")
                .bind(name.to_string())
                .fetch_optional(&mut *conn)
                .await
                .during("looking for a stream")?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

async fn enter(conn: &mut PgConnection, job: &Job) -> Result<i64> {
    sqlx::query_scalar(
        "insert into teal.stream (name, config, config_hash, ingest_class, merge_class,
           ingest_request_cpu, ingest_request_memory, ingest_limit_cpu, ingest_limit_memory,
           merge_request_cpu, merge_request_memory, merge_limit_cpu, merge_limit_memory)
         values ($1, '{}', '', '', '', 0, 0, 0, 0, 0, 0, 0, 0) returning id",
    )
    .bind(job.stream.id.to_string())
    .fetch_one(conn)
    .await
    .during("entering a stream")
}

async fn configure(conn: &mut PgConnection, id: i64, job: &Job) -> Result<()> {
    let spec = &job.stream;
    let mut query = sqlx::query(
        "update teal.stream set name = $2, config = $3, config_hash = $4, ingest_class = $5,
           merge_class = $6, ingest_request_cpu = $7, ingest_request_memory = $8,
           ingest_limit_cpu = $9, ingest_limit_memory = $10, merge_request_cpu = $11,
           merge_request_memory = $12, merge_limit_cpu = $13, merge_limit_memory = $14
         where id = $1",
    )
    .bind(id)
    .bind(spec.id.to_string())
    .bind(Json(spec))
    .bind(spec.hash())
    .bind(&spec.ingest_size.class)
    .bind(&spec.merge_size.class);
    for size in [&spec.ingest_size, &spec.merge_size] {
        for Quantities { cpu_millis, memory_bytes } in [size.sizing.requests, size.sizing.limits] {
            query = query.bind(number(cpu_millis)).bind(number(memory_bytes));
        }
    }
    query.execute(conn).await.during("configuring a stream")?;
    Ok(())
}

fn number(quantity: u64) -> i64 {
    i64::try_from(quantity).unwrap_or(i64::MAX)
}

async fn workspaces(conn: &mut PgConnection, release: &Release) -> Result<()> {
    let names: Vec<&str> = release.workspaces.iter().map(|w| w.name.as_str()).collect();
    sqlx::query("update teal.workspace set leaving = true where name <> all ($1)")
        .bind(&names)
        .execute(&mut *conn)
        .await
        .during("installing the workspaces")?;
    for workspace in &release.workspaces {
        sqlx::query(
            "insert into teal.workspace (name, config) values ($1, $2)
             on conflict (name) do update set config = excluded.config, leaving = false",
        )
        .bind(&workspace.name)
        .bind(Json(workspace))
        .execute(&mut *conn)
        .await
        .during("installing the workspaces")?;
    }
    Ok(())
}
