//! Leases of sessions at a source.

use std::time::Duration;

use teal_activities::{
    code, pg,
    pulse::Still,
    source::sessions::{self, LONGEST_WAIT},
};
use teal_model::release::PostgresEndpoint;

use crate::testkit::merge_db;

#[tokio::test]
async fn a_source_never_has_more_sessions_than_it_allows() {
    let db = merge_db("a_source_never_has_more_sessions_than_it_allows").await;
    let source = PostgresEndpoint {
        host: "shop.example".into(),
        port: 5432,
        database: "shop".into(),
        credential: "shop".into(),
        user: None,
        tls: None,
        max_sessions: 2,
    };
    let (still, short) = (Still::default(), Duration::from_millis(700));
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(pg::connect(&db.options()).await.unwrap());
    }
    let [first, second, third] = &mut connections[..] else { panic!("three connections") };
    let slot = sessions::lease(first, &source, LONGEST_WAIT, &still).await.unwrap();
    let other = sessions::lease(second, &source, LONGEST_WAIT, &still).await.unwrap();
    assert_ne!(slot, other);
    let refused = sessions::lease(third, &source, short, &still).await.unwrap_err();
    assert_eq!(refused.code(), code::SOURCE0050);
    let elsewhere = PostgresEndpoint { database: "other".into(), ..source.clone() };
    sessions::lease(third, &elsewhere, LONGEST_WAIT, &still).await.unwrap();
    // A waiter gets the slot of a process that just vanished.
    let mut waiter = connections.pop().unwrap();
    let waiting = sessions::lease(&mut waiter, &source, LONGEST_WAIT, &still);
    let vanishing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(connections.swap_remove(0));
    };
    let (got, ()) = tokio::join!(waiting, vanishing);
    assert_eq!(got.unwrap(), slot);
}
