//! Catalog and merge store stay together.

use teal_activities::{Io, catalog, code, plan};

use super::world::{World, release};
use crate::testkit::merge_db;

#[tokio::test]
async fn another_merge_database_is_refused_and_another_address_is_not() {
    let world = World::new("another_merge_database_is_refused").await;
    world.apply(&world.model).await;
    let other = merge_db("another_merge_database_is_refused_other").await;
    let here = format!("database: {}", world.bench.merge.name);
    let moved = world.edit(&[(here.as_str(), &format!("database: {}", other.name))]);
    let refused = world.try_plan(&moved).await.unwrap_err();
    assert_eq!(refused.code(), code::PLAN0004, "{refused}");
    assert!(refused.to_string().contains(&other.name), "{refused}");
    // The same server by another name.
    let endpoint = world.bench.merge_endpoint();
    let (from, to) = match endpoint.host.as_str() {
        "127.0.0.1" => ("host: 127.0.0.1", "host: localhost"),
        _ => ("host: localhost", "host: 127.0.0.1"),
    };
    let alias = world.edit(&[(
        &format!("{from}, port: {}, {here}", endpoint.port),
        &format!("{to}, port: {}, {here}", endpoint.port),
    )]);
    let plan = world.try_plan(&alias).await.expect("the same database");
    assert!(!plan.is_empty() && !plan.is_destructive());
    world.end().await;
}

#[tokio::test]
async fn the_merge_store_of_another_catalog_is_refused() {
    let world = World::new("the_merge_store_of_another_catalog_is_refused").await;
    world.apply(&world.model).await;
    let other = merge_db("the_merge_store_of_another_catalog_is_refused_other").await;
    let io = Io::new(other.options(), world.bench.credentials.store(), "other", 4);
    let wanted = release(&world.model);
    let options = plan::Options::default();
    let refused = plan::make(&io, &wanted, &options).await.unwrap_err();
    assert_eq!(refused.code(), code::PLAN0005, "{refused}");
    catalog::migrate(io.control()).await.unwrap();
    let refused = plan::make(&io, &wanted, &options).await.unwrap_err();
    assert_eq!(refused.code(), code::PLAN0005, "{refused}");
    world.end().await;
}
