//! Leases of sessions at a source.

use std::time::Duration;

use teal_activities::{code, pulse::Still, source::sessions};
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
        max_sessions: 2,
    };
    let (ledger, still) = (db.options(), Still::default());
    let first = sessions::lease(&ledger, &source, &still).await.unwrap();
    let second = sessions::lease(&ledger, &source, &still).await.unwrap();
    assert_ne!(first.slot(), second.slot());
    let longest = Duration::from_millis(700);
    let refused = sessions::lease_within(&ledger, &source, &still, longest).await.unwrap_err();
    assert_eq!(refused.code(), code::SOURCE0050);
    let elsewhere = PostgresEndpoint { database: "other".into(), ..source.clone() };
    sessions::lease_within(&ledger, &elsewhere, &still, longest).await.unwrap().release().await;
    // A waiter gets the slot of a lease whose process just vanished.
    let slot = first.slot();
    let waiting = sessions::lease(&ledger, &source, &still);
    let vanishing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(first);
    };
    let (third, ()) = tokio::join!(waiting, vanishing);
    assert_eq!(third.unwrap().slot(), slot);
    second.release().await;
}
