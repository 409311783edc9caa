//! Databases that are missing, of somebody else, or set up against Teal.

use teal_activities::{catalog, doctor::Verdict};

use super::ward::{Ward, failures};
use crate::testkit::merge_db;

#[tokio::test]
async fn a_catalog_of_another_role_opens_by_the_printed_grants() {
    let ward =
        Ward::new(merge_db("a_catalog_of_another_role_opens_by_the_printed_grants").await).await;
    catalog::migrate(&ward.db.pool).await.unwrap();
    let report = ward.catalog().await;
    let role = &ward.role;
    let owner = ward.db.user();
    assert_eq!(
        failures(&report),
        [format!("catalog: {role} may not work with the schema teal, which belongs to {owner}")]
    );
    ward.run(&report).await;
    let healed = ward.catalog().await;
    assert_eq!(failures(&healed), Vec::<String>::new());
    assert!(healed.scripts.is_empty(), "{healed:#?}");
    ward.end().await;
}

#[tokio::test]
async fn a_missing_merge_database_is_made_by_the_printed_statement() {
    let ward = Ward::new(merge_db("a_missing_merge_database_is_made").await).await;
    let missing = format!("{} made", ward.db.name.chars().rev().take(20).collect::<String>());
    ward.db.run(&format!("drop database if exists \"{missing}\"")).await;
    let report = ward.merge_store(&missing).await;
    assert!(failures(&report)[0].starts_with("connection: "), "{report:#?}");
    ward.run(&report).await;
    let healed = ward.merge_store(&missing).await;
    assert_eq!(failures(&healed), Vec::<String>::new());
    ward.db.run(&format!("drop database \"{missing}\"")).await;
    ward.end().await;
}

#[tokio::test]
async fn settings_of_the_role_are_found_and_lifted_by_the_printed_statements() {
    let ward = Ward::new(merge_db("settings_of_the_role_are_found_and_lifted").await).await;
    let (role, database) = (&ward.role, &ward.db.name);
    ward.db
        .run(&format!(
            "grant create on database \"{database}\" to \"{role}\";
             alter role \"{role}\" set statement_timeout = '30s';
             alter role \"{role}\" in database \"{database}\" set default_transaction_read_only = on;
             alter role \"{role}\" connection limit 3;
             revoke execute on function pg_terminate_backend(integer, bigint) from public"
        ))
        .await;
    let report = ward.merge_store(database).await;
    assert_eq!(
        failures(&report),
        [format!(
            "grants: {role} lacks execute on function pg_catalog.pg_terminate_backend(integer, bigint)"
        )]
    );
    let warned = |name| {
        report.checks.iter().any(|check| check.name == name && check.verdict == Verdict::Warn)
    };
    assert!(warned("timeouts") && warned("sessions"), "{report:#?}");
    ward.run(&report).await;
    let healed = ward.merge_store(database).await;
    assert_eq!(failures(&healed), Vec::<String>::new());
    assert!(healed.scripts.is_empty(), "{healed:#?}");
    ward.end().await;
}
