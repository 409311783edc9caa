//! What a session's role may do with the server's own functions: rights that everybody has unless
//! somebody took them away.

use sqlx::PgConnection;
use teal_model::Result;

use super::{
    report::{Place, Report, RunBy},
    settings::Facts,
    told,
};
use crate::pg::{Ident, PgResultExt, Sql, sql};

/// Ends older attempts of a stream, looks at the running copy, sets a session up.
const NEEDED: [(&str, &str); 3] = [
    (
        "execute on function pg_catalog.pg_terminate_backend(integer, bigint)",
        "has_function_privilege('pg_catalog.pg_terminate_backend(integer, bigint)', 'execute')",
    ),
    (
        "select on table pg_catalog.pg_stat_activity",
        "has_table_privilege('pg_catalog.pg_stat_activity', 'select')",
    ),
    ("usage on language plpgsql", "has_language_privilege('plpgsql', 'usage')"),
];

/// Says which of them a hardened server took away.
pub(super) async fn builtins(
    connection: &mut PgConnection,
    facts: &Facts,
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    let me = Ident::new(&facts.me);
    for (what, test) in NEEDED {
        match holds(connection, test).await {
            Ok(true) => {}
            Ok(false) => {
                let found = format!("{} lacks {what}", facts.me);
                report.fail(subject, "grants", found, "run the statements below");
                let grant = sql!("grant {what} to {me}", what = Sql::text(what), me);
                report.run(place, RunBy::Superuser, &grant);
            }
            Err(error) => report.fail(subject, "grants", told(&error), error.help()),
        }
    }
}

async fn holds(connection: &mut PgConnection, test: &'static str) -> Result<bool> {
    sqlx::query_scalar(sql!("select {test}", test = Sql::text(test)))
        .fetch_one(connection)
        .await
        .during("asking what the role may do")
}
