//! Migrations and identity of the catalog.

use teal_activities::{catalog, code};

use crate::testkit::merge_db;

#[tokio::test]
async fn migrating_twice_and_at_once_gives_one_catalog() {
    let db = merge_db("migrating_twice_and_at_once_gives_one_catalog").await;
    let pools = [db.pool.clone(), db.pool.clone(), db.pool.clone()];
    let all = pools.iter().map(catalog::migrate);
    futures::future::try_join_all(all).await.unwrap();
    let first = catalog::open(&db.pool).await.unwrap();
    catalog::migrate(&db.pool).await.unwrap();
    assert_eq!(catalog::open(&db.pool).await.unwrap(), first);
    let twice = "select count(*) - count(distinct name) from teal.migration";
    assert_eq!(db.number(twice).await, 0);
    assert_eq!(db.number("select count(*) from teal.catalog").await, 1);
}

#[tokio::test]
async fn a_newer_or_missing_catalog_is_refused() {
    let db = merge_db("a_newer_or_missing_catalog_is_refused").await;
    assert_eq!(catalog::open(&db.pool).await.unwrap_err().code(), code::LEDGER0012);
    catalog::migrate(&db.pool).await.unwrap();
    let future = "insert into teal.migration (version, name, checksum, oldest) values";
    db.run(&format!("{future} (1000, 'adds', 'x', 1)")).await;
    catalog::open(&db.pool).await.expect("what a newer program only added does no harm");
    catalog::migrate(&db.pool).await.unwrap();
    db.run(&format!("{future} (1001, 'takes away', 'x', 1000)")).await;
    assert_eq!(catalog::open(&db.pool).await.unwrap_err().code(), code::LEDGER0010);
    assert_eq!(catalog::migrate(&db.pool).await.unwrap_err().code(), code::LEDGER0010);
}

#[tokio::test]
async fn the_catalog_of_another_ecosystem_is_refused() {
    let db = merge_db("the_catalog_of_another_ecosystem_is_refused").await;
    catalog::migrate(&db.pool).await.unwrap();
    assert_eq!(catalog::open(&db.pool).await.unwrap().ecosystem, None);
    catalog::claim(&db.pool, "acme").await.unwrap();
    catalog::claim(&db.pool, "acme").await.unwrap();
    let refused = catalog::claim(&db.pool, "other").await.unwrap_err();
    assert_eq!(refused.code(), code::LEDGER0013);
    assert!(refused.one_line().contains("acme"), "{refused}");
}
