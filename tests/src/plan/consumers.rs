//! What a consumer may read, and what not.

use sqlx::Connection;

use super::world::{World, words};

#[tokio::test]
async fn a_reader_reads_exactly_its_views() {
    let world = World::new("a_reader_reads_exactly_its_views").await;
    let user = format!("{}_anna", world.workspace);
    world
        .run(&format!("drop role if exists {user}; create role {user} login password 'anna'"))
        .await;
    let model = world.edit(&[(
        &format!("name: {}\nteam: retail/online", world.workspace),
        &format!("name: {}\nteam: retail/online\nreaders: [{user}]", world.workspace),
    )]);
    world.apply(&model).await;
    world.batch("live/shop").await;
    let options = world.bench.merge.options().username(&user).password("anna");
    let mut conn = sqlx::PgConnection::connect_with(&options).await.unwrap();
    let readable: Vec<String> = sqlx::query_scalar(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n
           on n.oid = c.relnamespace
         where c.relkind in ('r', 'v', 'm') and n.nspname !~ '^(pg_|information_schema)'
           and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
         order by 1",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let ws = &world.workspace;
    assert_eq!(
        readable,
        [
            format!("{ws}._status"),
            format!("{ws}.core__shop__customers"),
            format!("{ws}.core__shop__orders")
        ]
    );
    let query = format!("select count(*) from {ws}.core__shop__orders");
    let count: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut conn).await.unwrap();
    assert_eq!(count, 4);
    let state = format!("select count(*) from {ws}._status where state = 'waiting'");
    let count: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(state)).fetch_one(&mut conn).await.unwrap();
    assert_eq!(count, 2);
    let refused = sqlx::query("select * from live.shop__orders").fetch_all(&mut conn).await;
    assert!(refused.unwrap_err().to_string().contains("permission denied"));
    // Out of the model, out of the role.
    world.apply(&world.model).await;
    let members = "select count(*) from pg_auth_members a join pg_roles r on r.oid = a.roleid
        where r.rolname = 'teal_WS_reader'";
    assert_eq!(world.rows(members).await, ["0"]);
    world.run(&format!("drop role {user}")).await;
    world.end().await;
}

#[tokio::test]
async fn external_roles_are_left_alone() {
    let world = World::new("external_roles_are_left_alone").await;
    let user = format!("{}_bob", world.workspace);
    world.run(&format!("drop role if exists {user}; create role {user}")).await;
    let model = world.edit(&[(
        &format!("name: {}\nteam: retail/online", world.workspace),
        &format!("name: {}\nteam: retail/online\nroles: external", world.workspace),
    )]);
    world.apply(&model).await;
    assert_eq!(
        world.rows("select rolname from pg_roles where rolname = 'teal_WS_reader'").await.len(),
        0
    );
    // What somebody granted by hand survives a change that drops the view.
    world.run(&format!("grant select on WS.core__shop__customers to {user}")).await;
    let narrower = model.replace("      name: varchar(80)\n", "");
    world.apply(&narrower).await;
    assert_eq!(
        world
            .rows(&format!(
                "select has_table_privilege('{user}', 'WS.core__shop__customers', 'select')"
            ))
            .await,
        ["true"]
    );
    assert!(world.plan(&narrower).await.is_empty());
    world.run(&format!("drop owned by {user}; drop role {user}")).await;
    world.end().await;
}

#[tokio::test]
async fn the_status_view_follows_the_objectives_and_replaces_that_of_an_earlier_teal() {
    let world = World::new("the_status_view_follows_the_objectives").await;
    world.apply(&world.model).await;
    let role = "teal_WS_reader";
    world
        .run(&format!(
            "drop view WS._status;
             create view WS._status as
               select distinct v.store, v.dataset, v.platform, s.state,
                 nullif(s.last_batch, 0) as last_batch, s.committed_at, s.source_read_at,
                 now() - s.source_read_at as lag
               from teal.view v join teal.stream_state s on s.stream_id = v.stream_id
               where v.workspace = 'WS';
             grant select on WS._status to {role};
             create view public.mine as select * from WS._status"
        ))
        .await;
    let model = world.edit(&[("needs: {history: none}", "needs: {history: none, latency: 2m}")]);
    let plan = world.plan(&model).await;
    assert_eq!(words(&world, &plan), ["install", "replace view WS._status"]);
    world.apply(&model).await;
    assert!(world.plan(&model).await.is_empty());
    let status =
        "select dataset_group, dataset, state, latency, on_time from WS._status order by 2";
    assert_eq!(
        world.rows(status).await,
        ["core|customers|loading|00:02:00|false", "core|orders|loading|00:02:00|false"]
    );
    world.batch("live/shop").await;
    assert_eq!(
        world.rows(status).await,
        ["core|customers|waiting|00:02:00|true", "core|orders|waiting|00:02:00|true"]
    );
    world.run("update teal.stream_state set source_read_at = now() - interval '3 minutes'").await;
    assert_eq!(world.rows("select bool_or(on_time) from WS._status").await, ["false"]);
    let audit = "select latency, on_time from WS_audit._status";
    assert_eq!(world.rows(audit).await, ["-|-"], "a group that says nothing has no objective");
    assert_eq!(world.rows("select count(*) from public.mine").await, ["2"]);
    let readable = format!("select has_table_privilege('{role}', 'WS._status', 'select')");
    assert_eq!(world.rows(&readable).await, ["true"]);
    world.end().await;
}
