//! Sources and merge stores of the oldest and the newest server that the tests have.

use teal_activities::{
    merge::Layout,
    pg::{
        PgType,
        types::{Reading, SourceType},
    },
};
use teal_model::release::Style;

use super::{
    types::arrive_unharmed,
    world::{World, dataset},
};
use crate::testkit::{Bench, Db, merge_db, newest_db, source_db};

#[tokio::test]
async fn values_of_a_newer_source_arrive_unharmed() {
    let test = "values_of_a_newer_source_arrive_unharmed";
    let bench = Bench::over(newest_db(test).await, merge_db(test).await);
    arrive_unharmed(&World::over(bench).await).await;
}

#[tokio::test]
async fn values_of_an_older_source_arrive_unharmed() {
    let test = "values_of_an_older_source_arrive_unharmed";
    let bench = Bench::over(source_db(test).await, newest_db(test).await);
    arrive_unharmed(&World::over(bench).await).await;
}

const SPANS: &str = "create table t (id int primary key, v interval, vs interval[]);
    insert into t values (1, '-infinity', '{1 day,infinity}')";

#[tokio::test]
async fn infinite_intervals_pass_where_the_merge_store_knows_them() {
    let test = "infinite_intervals_pass_where_known";
    let (source, merge) = (newest_db(&format!("{test}_s")).await, newest_db(test).await);
    let world = World::over(Bench::over(source, merge)).await;
    world.bench.source.run(SPANS).await;
    let columns = [("id", "integer"), ("v", "interval?"), ("vs", "interval[]?")];
    let stream = world.stream(Style::Milestoned, &[dataset("t", &["id"], &columns)]).await;
    assert_eq!(stream.batch().await.inserted, 1);
    let shown = world.bench.merge.rows("select v, vs::text from milestoned.shop__t").await;
    assert_eq!(shown, ["-infinity|{\"1 day\",infinity}"]);
}

#[tokio::test]
async fn infinite_intervals_never_reach_an_older_merge_store_as_something_else() {
    let test = "infinite_intervals_never_reach_an_older_merge_store";
    let bench = Bench::over(newest_db(test).await, merge_db(test).await);
    let world = World::over(bench).await;
    let source = &world.bench.source;
    source.run(SPANS).await;
    for column in ["v", "vs"] {
        let column_type = if column == "v" { "interval?" } else { "interval[]?" };
        let columns = [("id", "integer"), (column, column_type)];
        let spec = dataset("t", &["id"], &columns);
        let stream = world.stream_on(column, Style::Live, &[spec]).await;
        let error = stream.ingest().await.unwrap_err();
        assert_eq!(error.code().id, "PG0008", "{error:?}");
        let finite = "update t set v = '-1 day', vs = '{{1 day},{NULL}}' where v is not null";
        source.run(finite).await;
        assert_eq!(stream.batch().await.inserted, 1, "{column}");
        source.run("update t set v = '-infinity', vs = '{1 day,infinity}'").await;
    }
    let shown = world.bench.merge.rows("select vs::text from vs.shop__t").await;
    assert_eq!(shown, ["{{\"1 day\"},{NULL}}"]);
}

/// Every type of PostgreSQL is carried as itself or refused with a reason that knows it. Answers with
/// the refused ones.
async fn judge_all(db: &Db) -> Vec<String> {
    let names: Vec<String> = db
        .rows(
            "select format_type(oid, null) from pg_type
             where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm')
               and typelem = 0 or typname in ('point', 'name', 'box', 'int2vector', 'oidvector')
             order by 1",
        )
        .await;
    assert!(names.len() > 75, "{names:?}");
    let columns: Vec<String> =
        names.iter().enumerate().map(|(n, name)| format!("c{n} {name}")).collect();
    db.run(&format!("create table every ({})", columns.join(", "))).await;
    let query = format!(
        "select {} from pg_attribute a {} where a.attrelid = 'every'::regclass and a.attnum > 0
         order by a.attnum",
        SourceType::COLUMNS,
        SourceType::JOINS
    );
    let types: Vec<SourceType> =
        sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&db.pool).await.unwrap();
    assert_eq!(types.len(), names.len());
    let mut refused = Vec::new();
    for found in types {
        let word = match found.model_type() {
            Ok(word) => word,
            Err(refusal) => {
                assert!(!refusal.why.contains("does not know"), "{}", found.shown);
                refused.push(found.shown);
                continue;
            }
        };
        let carried = PgType::of(&word).unwrap();
        assert_eq!(found.reading(&carried), Reading::AsItIs, "{word}");
        let key = format!(
            "do $$ begin create table k (v {carried} primary key); drop table k;
                           exception when undefined_object then raise exception 'no'; end $$"
        );
        let has_order = sqlx::raw_sql(sqlx::AssertSqlSafe(key)).execute(&db.pool).await.is_ok();
        let layout = Layout::of(&dataset("t", &["v"], &[("v", &word.to_string())]));
        let refused = layout.err().map(|error| error.code().id);
        assert_eq!(refused, (!has_order).then_some("PG0011"), "{word} in a key");
    }
    refused
}

#[tokio::test]
async fn every_type_of_postgresql_is_carried_or_refused_by_name() {
    let test = "every_type_of_postgresql_is_carried_or_refused";
    let oldest = judge_all(&source_db(test).await).await;
    let newest = judge_all(&newest_db(test).await).await;
    insta::assert_snapshot!(oldest.join(" "), @r#"aclitem cid gtsvector int2vector oidvector pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_dependencies pg_mcv_list pg_ndistinct pg_node_tree refcursor regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype tid txid_snapshot xid"#);
    assert_eq!(newest, oldest);
}
