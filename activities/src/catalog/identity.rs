//! Which catalog this is, and whose.

use sqlx::PgPool;
use teal_failpoint::Boundary;
use teal_model::{Error, Result};
use uuid::Uuid;

use super::migrate::check;
use crate::{
    code,
    pg::{self, PgResultExt},
};

/// Identity of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Made with the catalog, never changed; stands in each workflow's memo.
    pub uid: Uuid,
    /// Set by the first apply.
    pub ecosystem: Option<String>,
}

/// Reads the identity of a catalog of this program's version.
///
/// # Errors
/// `LEDGER0010`, `LEDGER0012` when program and catalog do not fit.
pub async fn open(pool: &PgPool) -> Result<Identity> {
    check(pool).await?;
    identity(pool).await
}

/// Reads the identity.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn identity(pool: &PgPool) -> Result<Identity> {
    let (uid, ecosystem) = sqlx::query_as("select uid, ecosystem from teal.catalog")
        .fetch_one(pool)
        .await
        .during("reading the catalog's identity")?;
    Ok(Identity { uid, ecosystem })
}

/// Makes the catalog belong to an ecosystem, if it belongs to none yet.
///
/// # Errors
/// `LEDGER0013` when it belongs to another.
pub async fn claim(pool: &PgPool, ecosystem: &str) -> Result<Identity> {
    let name = sqlx::query("update teal.catalog set ecosystem = $1 where ecosystem is null");
    pg::alone_in(pool, name.bind(ecosystem), Boundary::CatalogClaim).await?;
    let identity = open(pool).await?;
    belongs_to(&identity, ecosystem)?;
    Ok(identity)
}

/// Makes a merge store's ledger belong to the control catalog with this uid, if it belongs to none
/// yet.
///
/// # Errors
/// `PLAN0005` when it belongs to another.
pub async fn claim_ledger(ledger: &PgPool, control: Uuid) -> Result<()> {
    let mut transaction = pg::begin_in(ledger, Boundary::LedgerClaim.doing()).await?;
    let owner: Uuid = sqlx::query_scalar(
        "update teal.catalog set control_uid = coalesce(control_uid, $1) returning control_uid",
    )
    .bind(control)
    .fetch_one(&mut *transaction)
    .await
    .during("naming the catalog of the merge store")?;
    pg::commit(transaction, Boundary::LedgerClaim).await?;
    if owner == control {
        return Ok(());
    }
    Err(Error::new(code::PLAN0005).with("its_catalog", owner).with("our_catalog", control))
}

/// Refuses the catalog of another ecosystem; one that belongs to nobody yet passes.
///
/// # Errors
/// `LEDGER0013`.
pub fn belongs_to(identity: &Identity, ecosystem: &str) -> Result<()> {
    match &identity.ecosystem {
        Some(owner) if owner != ecosystem => {
            Err(Error::new(code::LEDGER0013).with("ecosystem", ecosystem).with("belongs_to", owner))
        }
        Some(_) | None => Ok(()),
    }
}
