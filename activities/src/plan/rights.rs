//! Rights at the merge store that the steps of a plan need and the credential lacks.

use teal_model::{Result, plan::Action, release::Release};

use super::Draft;
use crate::{
    Io,
    pg::{Ident, PgResultExt},
};

/// Warns with the statement that helps; `teal apply` would stop there.
pub(super) async fn look(io: &Io, wanted: &Release, draft: &mut Draft) -> Result<()> {
    let steps = || draft.steps.iter().map(|step| &step.action);
    let schemas = steps().any(|action| matches!(action, Action::CreateSchema { .. }));
    let roles = steps().any(|action| {
        matches!(
            action,
            Action::CreateRole { .. } | Action::RenameRole { .. } | Action::DropRole { .. }
        )
    });
    if !schemas && !roles {
        return Ok(());
    }
    let pool = io.ledger(&wanted.services.merge).await?;
    let (me, database, may_create, may_make_roles): (String, String, bool, bool) = sqlx::query_as(
        "select current_user::text, current_database()::text,
           has_database_privilege(current_database(), 'CREATE'),
           (select rolcreaterole or rolsuper from pg_roles where rolname = current_user)",
    )
    .fetch_one(&pool)
    .await
    .during("looking at the rights of the merge credential")?;
    let (me, database) = (Ident::new(&me), Ident::new(&database));
    if schemas && !may_create {
        draft.warn(format!(
            "the merge credential may not create schemas: grant create on database {database} to {me}"
        ));
    }
    if roles && !may_make_roles {
        draft.warn(format!(
            "the merge credential may not manage reader roles: alter role {me} createrole, or say \
             `roles: external` in the model"
        ));
    }
    Ok(())
}
