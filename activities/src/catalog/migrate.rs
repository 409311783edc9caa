//! Migrations of schema `teal`: numbered files, each applied once, all in one transaction.
//!
//! Invariant: two processes that migrate at once do it one after another; a catalog that is newer
//! than this program can work with is left alone. A migration that only adds leaves older programs
//! working (expand); one that takes something away says from which version on they do (contract).
//! Read first: [`migrate()`], [`check`].

use sqlx::{PgConnection, PgPool};
use teal_failpoint::Boundary;
use teal_model::{Error, Result};

use crate::{
    code,
    pg::{self, PgResultExt},
};

/// One numbered file of `activities/migrations/`.
struct Migration {
    version: i32,
    name: &'static str,
    /// Programs that know this version, or a later one, still work once this is applied. A migration
    /// that only adds keeps the number of the one before.
    oldest: i32,
    text: &'static str,
}

/// All of them, in order. A released file is never edited: a change is a new file.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "catalog",
        oldest: 1,
        text: include_str!("../../migrations/0001_catalog.sql"),
    },
    Migration {
        version: 2,
        name: "resync",
        oldest: 1,
        text: include_str!("../../migrations/0002_resync.sql"),
    },
    Migration {
        version: 3,
        name: "watching",
        oldest: 1,
        text: include_str!("../../migrations/0003_watching.sql"),
    },
    Migration {
        version: 4,
        name: "hand_over",
        oldest: 1,
        text: include_str!("../../migrations/0004_hand_over.sql"),
    },
    Migration {
        version: 5,
        name: "aside",
        oldest: 1,
        text: include_str!("../../migrations/0005_aside.sql"),
    },
    Migration {
        version: 6,
        name: "corrected",
        oldest: 1,
        text: include_str!("../../migrations/0006_corrected.sql"),
    },
    Migration {
        version: 7,
        name: "by_session",
        oldest: 1,
        text: include_str!("../../migrations/0007_by_session.sql"),
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
    let mut transaction = pg::begin(&mut connection, "migrating the catalog").await?;
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
         );
         alter table teal.migration add column if not exists oldest integer not null default 1;",
    )
    .execute(&mut *transaction)
    .await
    .during("creating the schemas teal and teal_staging")?;
    let done = applied(&mut transaction).await?;
    check_applied(&done)?;
    let is_missing =
        |migration: &&Migration| done.iter().all(|row| row.version != migration.version);
    for migration in MIGRATIONS.iter().filter(is_missing) {
        apply(&mut transaction, migration).await?;
    }
    pg::commit(transaction, Boundary::CatalogMigrate).await
}

async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<()> {
    sqlx::raw_sql(migration.text)
        .execute(&mut *connection)
        .await
        .during("running a migration of the catalog")
        .map_err(|error| error.with("migration", migration.version))?;
    sqlx::query(
        "insert into teal.migration (version, name, checksum, oldest) values ($1, $2, $3, $4)",
    )
    .bind(migration.version)
    .bind(migration.name)
    .bind(checksum(migration.text))
    .bind(migration.oldest)
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
    let (done, known) = versions(&mut connection).await?;
    if done < known {
        return Err(Error::new(code::LEDGER0012)
            .with("catalog_version", done)
            .with("program_version", known));
    }
    Ok(())
}

/// How many migrations are applied, and how many this program knows. A catalog that is not there has
/// none.
///
/// # Errors
/// `LEDGER0010` when the catalog is newer, `LEDGER0011` when an applied migration was another text.
pub async fn versions(connection: &mut PgConnection) -> Result<(usize, usize)> {
    Ok((check_applied(&applied(connection).await?)?, MIGRATIONS.len()))
}

/// A migration that was applied.
#[derive(Debug, Clone)]
struct Applied {
    version: i32,
    checksum: String,
    /// As [`Migration::oldest`].
    oldest: i32,
}

/// All of them, in order.
async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>> {
    let exists: bool = sqlx::query_scalar("select to_regclass('teal.migration') is not null")
        .fetch_one(&mut *connection)
        .await
        .during("looking for the catalog")?;
    if !exists {
        return Ok(Vec::new());
    }
    // a catalog of before that column: nothing had been taken away yet
    let rows: Vec<(i32, String, i32)> = sqlx::query_as(
        "select version, checksum, coalesce((to_jsonb(m) ->> 'oldest')::int4, 1) as oldest
         from teal.migration m order by version",
    )
    .fetch_all(connection)
    .await
    .during("reading the catalog's version")?;
    let migration = |(version, checksum, oldest)| Applied { version, checksum, oldest };
    Ok(rows.into_iter().map(migration).collect())
}

/// How many of our migrations are applied, if they are ours and this program can work with the rest.
fn check_applied(applied: &[Applied]) -> Result<usize> {
    let mut known = 0;
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.version);
    for Applied { version, checksum: stored, oldest } in applied {
        if *oldest > newest {
            return Err(Error::new(code::LEDGER0010)
                .with("catalog_version", version)
                .with("program_version", MIGRATIONS.len()));
        }
        let Some(ours) = MIGRATIONS.iter().find(|migration| migration.version == *version) else {
            continue; // a newer program added something, and leaves the rest as it was
        };
        if *stored != checksum(ours.text) {
            return Err(Error::new(code::LEDGER0011).with("migration", version));
        }
        known += 1;
    }
    Ok(known)
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
    fn migrations_that_only_add_leave_older_programs_working() {
        let row = |version, text: &str, oldest| Applied { version, checksum: text.into(), oldest };
        let ours = row(1, &checksum(MIGRATIONS[0].text), 1);
        let check = |more: Applied| check_applied(&[ours.clone(), more]);
        assert_eq!(check(row(99, "added", 1)).unwrap(), 1);
        assert_eq!(check(row(99, "taken away", 99)).unwrap_err().code(), code::LEDGER0010);
        let edited = check_applied(&[row(1, "other", 1)]).unwrap_err();
        assert_eq!(edited.code(), code::LEDGER0011);
    }
}
