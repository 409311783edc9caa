//! Reader roles: one per workspace, NOLOGIN, SELECT on exactly its views. Never touched where the
//! model says `roles: external`.
//!
//! Nothing here needs a superuser: CREATEROLE makes them, and from PostgreSQL 16 on the ADMIN OPTION
//! that comes with it (or that somebody granted) manages them. Membership in them is not needed: what
//! readers get is granted by the owner of the views.

use sqlx::PgConnection;
use teal_model::{Error, Result, release::TableName};

use crate::{
    code,
    pg::{Ident, PgResultExt, Sql, error, sql},
};

/// Creates a role unless it is there.
///
/// # Errors
/// `DDL0003` with the exact statements for a superuser when we may not.
pub async fn ensure(conn: &mut PgConnection, role: &str) -> Result<bool> {
    lock(conn, role).await?;
    if exists(conn, role).await? {
        return Ok(false);
    }
    let (name, me) = (Ident::new(role), current_role(conn).await?);
    match sqlx::query(sql!("create role {name} nologin", name)).execute(&mut *conn).await {
        Ok(_done) => Ok(true),
        Err(refused) if error::has_state(&refused, "42501") => Err(no_createrole(&me, role)),
        Err(other) => Err(other).during("creating a role"),
    }
}

/// Renames a role; `false`: it has the new name already.
///
/// # Errors
/// `DDL0003`; `DDL0002` when both names are taken.
pub async fn rename(conn: &mut PgConnection, from: &str, to: &str) -> Result<bool> {
    lock(conn, to).await?;
    match (exists(conn, from).await?, exists(conn, to).await?) {
        (false, _) => ensure(conn, to).await,
        (true, true) => Err(Error::new(code::DDL0002).with("role", to)),
        (true, false) => {
            let (old, new, me) = (Ident::new(from), Ident::new(to), current_role(conn).await?);
            match sqlx::query(sql!("alter role {old} rename to {new}", old, new))
                .execute(&mut *conn)
                .await
            {
                Ok(_done) => {
                    sqlx::query("update teal.view set reader_role = $2 where reader_role = $1")
                        .bind(from)
                        .bind(to)
                        .execute(conn)
                        .await
                        .during("renaming a role")?;
                    Ok(true)
                }
                Err(refused) if error::has_state(&refused, "42501") => {
                    Err(Error::new(code::DDL0003).with("role", from).hint(format!(
                        "run as a superuser: alter role {me} createrole; grant {old} to {me} with \
                         admin option; or: alter role {old} rename to {new}"
                    )))
                }
                Err(other) => Err(other).during("renaming a role"),
            }
        }
    }
}

/// Makes `member` a member of `role`; `false`: it is one already.
///
/// # Errors
/// `DDL0005` when there is no such member; `DDL0003` when we may not.
pub async fn grant_member(conn: &mut PgConnection, role: &str, member: &str) -> Result<bool> {
    if !exists(conn, member).await? {
        return Err(Error::new(code::DDL0005).with("role", role).with("member", member));
    }
    if members(conn, role).await?.iter().any(|known| known == member) {
        return Ok(false);
    }
    let (name, to, me) = (Ident::new(role), Ident::new(member), current_role(conn).await?);
    match sqlx::query(sql!("grant {name} to {to}", name, to)).execute(&mut *conn).await {
        Ok(_done) => Ok(true),
        Err(refused) if error::has_state(&refused, "42501") => {
            Err(Error::new(code::DDL0003).with("role", role).hint(format!(
                "run as a superuser: grant {name} to {me} with admin option; or: grant {name} to \
                 {to}; or say `roles: external` in the model"
            )))
        }
        Err(other) => Err(other).during("adding a member to a role"),
    }
}

/// Ends a membership; `false`: there was none.
///
/// # Errors
/// `DDL0003` when we may not.
pub async fn revoke_member(conn: &mut PgConnection, role: &str, member: &str) -> Result<bool> {
    if !members(conn, role).await?.iter().any(|known| known == member) {
        return Ok(false);
    }
    let (name, from) = (Ident::new(role), Ident::new(member));
    match sqlx::query(sql!("revoke {name} from {from}", name, from)).execute(&mut *conn).await {
        // From PostgreSQL 16 on, what another role granted stays, with no more than a warning.
        Ok(_done) if members(conn, role).await?.iter().any(|known| known == member) => {
            let grantor = grantor(conn, role, member).await?;
            Err(Error::new(code::DDL0003).with("role", role).hint(format!(
                "run as a superuser: revoke {name} from {from} granted by {grantor}"
            )))
        }
        Ok(_done) => Ok(true),
        Err(refused) if error::has_state(&refused, "42501") => Err(Error::new(code::DDL0003)
            .with("role", role)
            .hint(format!("run as a superuser: revoke {name} from {from}"))),
        Err(other) => Err(other).during("removing a member from a role"),
    }
}

/// SELECT on a view and USAGE on its schema. A role that somebody dropped is skipped: a stream must
/// not stop for it, and `plan` shows that it is missing.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn grant_view(conn: &mut PgConnection, role: &str, view: &TableName) -> Result<bool> {
    if !exists(conn, role).await? || has_select(conn, role, view).await? {
        return Ok(false);
    }
    let (name, to) = (Ident::from(view), Ident::new(role));
    let schema = Ident::new(&view.schema);
    for statement in [
        sql!("grant usage on schema {schema} to {to}", schema, to),
        sql!("grant select on {name} to {to}", name, to),
    ] {
        sqlx::query(statement).execute(&mut *conn).await.during("granting a view")?;
    }
    Ok(true)
}

/// Whether a role itself (not through PUBLIC or membership) may read a view.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn has_select(conn: &mut PgConnection, role: &str, view: &TableName) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (
           select from pg_class c cross join aclexplode(c.relacl) a
           join pg_roles r on r.oid = a.grantee
           where c.oid = to_regclass($1) and r.rolname = $2 and a.privilege_type = 'SELECT')
         and exists (
           select from pg_namespace n cross join aclexplode(n.nspacl) a
           join pg_roles r on r.oid = a.grantee
           where n.nspname = $3 and r.rolname = $2 and a.privilege_type = 'USAGE')",
    )
    .bind(Ident::from(view).to_string())
    .bind(role)
    .bind(&view.schema)
    .fetch_one(conn)
    .await
    .during("looking at grants")
}

/// What [`drop`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dropped {
    /// The role is gone, or was not there.
    Gone,
    /// Others gave it rights or objects, here or in another database of this server: it stays,
    /// without what Teal gave it.
    Kept,
}

/// Drops a reader role after it lost everything that we granted it. (`drop owned` would do that too,
/// but takes more rights than a role with CREATEROLE has.)
///
/// # Errors
/// `DDL0003` when we may not.
pub async fn drop(conn: &mut PgConnection, role: &str) -> Result<Dropped> {
    lock(conn, role).await?;
    if !exists(conn, role).await? {
        return Ok(Dropped::Gone);
    }
    let (name, me) = (Ident::new(role), current_role(conn).await?);
    for statement in our_grants(conn, role).await? {
        sqlx::query(statement).execute(&mut *conn).await.during("revoking a role's rights")?;
    }
    let others: bool = sqlx::query_scalar(
        "select exists (select from pg_shdepend d join pg_roles r on r.oid = d.refobjid
           where d.refclassid = 'pg_authid'::regclass and r.rolname = $1
             and d.classid <> 'pg_auth_members'::regclass)",
    )
    .bind(role)
    .fetch_one(&mut *conn)
    .await
    .during("looking at a role")?;
    if others {
        return Ok(Dropped::Kept);
    }
    match sqlx::query(sql!("drop role {name}", name)).execute(&mut *conn).await {
        Ok(_done) => Ok(Dropped::Gone),
        Err(refused) if error::has_state(&refused, "42501") => Err(Error::new(code::DDL0003)
            .with("role", role)
            .hint(format!(
                "run as a superuser: drop role {name}; or, from PostgreSQL 16 on, grant {name} to {me} \
                 with admin option"
            ))),
        Err(other) => Err(other).during("dropping a role"),
    }
}

/// Statements that revoke what we granted to a role on our schemas and views.
async fn our_grants(conn: &mut PgConnection, role: &str) -> Result<Vec<Sql>> {
    let found: Vec<(String, Option<String>)> = sqlx::query_as(
        "select n.nspname::text, c.relname::text
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
         where r.rolname = $1 and pg_has_role(a.grantor, 'usage')
         union
         select n.nspname::text, null
         from pg_namespace n cross join aclexplode(n.nspacl) a join pg_roles r on r.oid = a.grantee
         where r.rolname = $1 and pg_has_role(a.grantor, 'usage')
         order by 1, 2",
    )
    .bind(role)
    .fetch_all(conn)
    .await
    .during("looking at a role's rights")?;
    let from = Ident::new(role);
    Ok(found
        .into_iter()
        .map(|(schema, relation)| match relation {
            Some(name) => {
                let relation = Ident::qualified(&schema, &name);
                sql!("revoke all on table {relation} from {from}", relation, from)
            }
            None => {
                let schema = Ident::new(&schema);
                sql!("revoke all on schema {schema} from {from}", schema, from)
            }
        })
        .collect())
}

/// Members of a role who may use its rights, sorted. Whoever created it is not one, nor, from
/// PostgreSQL 16 on, who may only manage it: that comes by itself to a role that creates another.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn members(conn: &mut PgConnection, role: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "select m.rolname::text from pg_auth_members a
         join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member
         where r.rolname = $1 and m.rolname <> current_user
           and (coalesce((to_jsonb(a) ->> 'inherit_option')::bool, true)
             or coalesce((to_jsonb(a) ->> 'set_option')::bool, true))
         group by 1 order by 1",
    )
    .bind(role)
    .fetch_all(conn)
    .await
    .during("reading members of a role")
}

/// Who made `member` a member of `role`, as a quoted name.
async fn grantor(conn: &mut PgConnection, role: &str, member: &str) -> Result<Ident> {
    let name: Option<String> = sqlx::query_scalar(
        "select g.rolname::text from pg_auth_members a
         join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member
         join pg_roles g on g.oid = a.grantor
         where r.rolname = $1 and m.rolname = $2 order by 1 limit 1",
    )
    .bind(role)
    .bind(member)
    .fetch_optional(conn)
    .await
    .during("reading members of a role")?;
    Ok(Ident::new(&name.unwrap_or_default()))
}

/// Whether we may grant the role, and (with CREATEROLE) rename and drop it, by its ADMIN OPTION. Before
/// PostgreSQL 16, CREATEROLE alone gives all that.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn is_admin(conn: &mut PgConnection, role: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select coalesce((select pg_has_role(oid, 'member with admin option')
           from pg_roles where rolname = $1), false)",
    )
    .bind(role)
    .fetch_one(conn)
    .await
    .during("asking what we may do with a role")
}

/// Whether the role is there.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn exists(conn: &mut PgConnection, role: &str) -> Result<bool> {
    sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(role)
        .fetch_one(conn)
        .await
        .during("looking for a role")
}

/// Who we are, as a quoted name.
async fn current_role(conn: &mut PgConnection) -> Result<Ident> {
    let name: String = sqlx::query_scalar("select current_user::text")
        .fetch_one(conn)
        .await
        .during("asking who we are")?;
    Ok(Ident::new(&name))
}

fn no_createrole(me: &Ident, role: &str) -> Error {
    let name = Ident::new(role);
    Error::new(code::DDL0003).with("role", role).hint(format!(
        "run as a superuser: alter role {me} createrole; or, to keep that right to yourself: create \
         role {name} nologin; grant {name} to {me} with admin option; or say `roles: external` in \
         the model"
    ))
}

/// Two steps of one apply may want the same role at the same time.
async fn lock(conn: &mut PgConnection, role: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('teal/role/' || $1, 0))")
        .bind(role)
        .execute(conn)
        .await
        .during("waiting for a role")?;
    Ok(())
}
