//! Migrations of schema `teal`: numbered files, each applied once, all in one transaction.
//!
//! Invariant: two processes that migrate at once do it one after another; a catalog that is newer
//! than this program is left alone. Read first: [`migrate`], [`check`].

use sqlx::{Connection, PgConnection, PgPool};
use teal_model::{Error, Result};

use crate::{code, pg::PgResultExt};

/// One numbered file of `activities/migrations/`.
struct Migration {
    version: i32,
    name: &'static str,
    text: &'static str,
}

/// All of them, in order. A released file is never edited: a change is a new file.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "catalog",
        text: include_str!("../../migrations/0001_catalog.sql"),
    },
    Migration {
        version: 2,
        name: "resync",
        text: include_str!("../../migrations/0002_resync.sql"),
    },
    Migration {
        version: 3,
        name: "watching",
        text: include_str!("../../migrations/0003_watching.sql"),
    },
];

/// Key of the advisory lock that makes migrations wait for each other ("team" in ASCII, then 1). The
/// locks of streams begin with "teal", those of source sessions have two keys: none ever meet.
const MIGRATION_LOCK: i64 = 0x7465_616d_0000_0001;

/// Brings the catalog to this program's version. Idempotent; safe when several run at once.
///
/// # Errors
/// `LEDGER0010` when the catalog is newer, `LEDGER0011` when an applied migration was another text;
/// `PG0004` when the role may not create schemas.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    let mut connection = pool.acquire().await.during("connecting to the catalog")?;
    if check_applied(&applied(&mut connection).await?)? == MIGRATIONS.len() {
        return Ok(());
    }
    let mut transaction = connection.begin().await.during("migrating the catalog")?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await
        .during("waiting for another migration")?;
    sqlx::raw_sql(
        "create schema if not exists teal;
         create schema if not exists teal_staging;
         create table if not exists teal.migration (
             version integer primary key,
             name text not null,
             checksum text not null,
             applied_at timestamptz not null default clock_timestamp()
         );",
    )
    .execute(&mut *transaction)
    .await
    .during("creating the schemas teal and teal_staging")?;
    let done = applied(&mut transaction).await?;
    check_applied(&done)?;
    let is_missing = |migration: &&Migration| done.iter().all(|(v, _)| *v != migration.version);
    for migration in MIGRATIONS.iter().filter(is_missing) {
        apply(&mut transaction, migration).await?;
    }
    transaction.commit().await.during("migrating the catalog")
}

async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<()> {
    sqlx::raw_sql(migration.text)
        .execute(&mut *connection)
        .await
        .during("running a migration of the catalog")
        .map_err(|error| error.with("migration", migration.version))?;
    sqlx::query("insert into teal.migration (version, name, checksum) values ($1, $2, $3)")
        .bind(migration.version)
        .bind(migration.name)
        .bind(checksum(migration.text))
        .execute(connection)
        .await
        .during("recording a migration of the catalog")?;
    tracing::info!(migration = migration.version, name = migration.name, "catalog migrated");
    Ok(())
}

/// Whether this program and the catalog fit together, without changing anything.
///
/// # Errors
/// `LEDGER0010` when the catalog is newer, `LEDGER0012` when it is older or not there.
pub async fn check(pool: &PgPool) -> Result<()> {
    let mut connection = pool.acquire().await.during("connecting to the catalog")?;
    let done = check_applied(&applied(&mut connection).await?)?;
    if done < MIGRATIONS.len() {
        return Err(Error::new(code::LEDGER0012)
            .with("catalog_version", done)
            .with("program_version", MIGRATIONS.len()));
    }
    Ok(())
}

/// Version and checksum of each applied migration, in order.
async fn applied(connection: &mut PgConnection) -> Result<Vec<(i32, String)>> {
    let exists: bool = sqlx::query_scalar("select to_regclass('teal.migration') is not null")
        .fetch_one(&mut *connection)
        .await
        .during("looking for the catalog")?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_as("select version, checksum from teal.migration order by version")
        .fetch_all(connection)
        .await
        .during("reading the catalog's version")
}

/// How many of our migrations are applied, if they are ours.
fn check_applied(applied: &[(i32, String)]) -> Result<usize> {
    for (version, stored) in applied {
        let Some(ours) = MIGRATIONS.iter().find(|migration| migration.version == *version) else {
            return Err(Error::new(code::LEDGER0010)
                .with("catalog_version", version)
                .with("program_version", MIGRATIONS.len()));
        };
        if *stored != checksum(ours.text) {
            return Err(Error::new(code::LEDGER0011).with("migration", version));
        }
    }
    Ok(applied.len())
}

fn checksum(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_migrations_rise() {
        assert!(MIGRATIONS.windows(2).all(|pair| pair[0].version < pair[1].version));
    }

    #[test]
    fn an_unknown_version_means_a_newer_catalog() {
        let ours = (1, checksum(MIGRATIONS[0].text));
        assert_eq!(check_applied(std::slice::from_ref(&ours)).unwrap(), 1);
        let newer = check_applied(&[ours, (99, String::new())]).unwrap_err();
        assert_eq!(newer.code(), code::LEDGER0010);
        let edited = check_applied(&[(1, "other".into())]).unwrap_err();
        assert_eq!(edited.code(), code::LEDGER0011);
    }
}
