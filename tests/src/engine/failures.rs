//! What PostgreSQL says becomes its code, and the code's kind what a stream does: each row of the table
//! that decides, and real servers that say it.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use teal_activities::{
    code,
    pg::{
        self, PgResultExt,
        meaning::{MEANINGS, Of},
    },
};
use teal_model::{Code, Error, Kind, Result, release::Style};
use teal_proto::v1::Failure;
use teal_workflows::stream::{Again, Word, outcome};

use super::world::{World, dataset};
use crate::testkit::{Db, LIMIT, eventually, merge_db};

/// Its only row raises the SQLSTATE and the message that `wanted` holds.
const RAISING: &str = "
    create table wanted (state text, message text); insert into wanted values ('', '');
    create function raised() returns int language plpgsql as $$
    declare w wanted; begin
        select * into w from wanted;
        if w.state <> '' then raise exception using errcode = w.state, message = w.message; end if;
        return 1;
    end $$;
    create view t as select 1 as id, raised() as n";

#[tokio::test]
async fn each_row_of_the_table_decides_what_a_stream_does() {
    let world = World::new("each_row_of_the_table_decides").await;
    let source = &world.bench.source;
    source.run(RAISING).await;
    let spec = dataset("t", &["id"], &[("id", "integer"), ("n", "integer?")]);
    let stream = world.stream(Style::Live, &[spec]).await;
    let mut raised = 0;
    for row in MEANINGS {
        let (state, message) = match row.of {
            Of::Message { state, start } => (state.to_owned(), start),
            Of::State(state) => (state.to_owned(), "some words"),
            Of::Class("P0") => ("P0001".to_owned(), "some words"),
            Of::Class(class) => (format!("{class}000"), "some words"),
            Of::Anything => ("XX000".to_owned(), "some words"),
            Of::Stranger | Of::Handshake(_) | Of::Connection => continue,
        };
        source.run(&format!("update wanted set state = '{state}', message = '{message}'")).await;
        let error = stream.ingest().await.unwrap_err();
        assert_eq!(error.code(), row.code, "{state}: {error:?}");
        let failure = Failure::from_error(&error, 1);
        let policy = outcome(failure.error_kind());
        let (word, gives_up, again) = match row.code.kind {
            Kind::Transient => (Word::BackingOff, false, Again::AfterPause),
            Kind::Config | Kind::Data => (Word::Failing, true, Again::NextTick),
            Kind::Bug => (Word::Failing, true, Again::WhenAsked),
            Kind::Fenced => panic!("{state}: no answer of PostgreSQL fences"),
        };
        assert_eq!(
            (policy.word, policy.gives_up, policy.again),
            (word, gives_up, again),
            "{state}"
        );
        if policy.gives_up {
            stream.abandon().await;
        }
        raised += 1;
    }
    assert!(raised > 25, "{raised}");
    source.run("update wanted set state = ''").await;
    assert_eq!(stream.batch().await.inserted, 1, "and it heals");
}

#[tokio::test]
async fn servers_say_what_the_table_is_about() {
    let db = merge_db("servers_say_what_the_table_is_about").await;
    db.run(
        "create table t (id int primary key, v text); insert into t values (1, 'a');
         create index on t (v)",
    )
    .await;
    let (wide, sort) = (
        "insert into t select 2, string_agg(md5(g::text), '') from generate_series(1, 300) g",
        "set temp_file_limit = '64kB'; set work_mem = '64kB';
         select md5(g::text) from generate_series(1, 50000) g order by 1",
    );
    for (statement, state, expected) in [
        ("select * from nothing", "42P01", code::PG0007),
        ("select nothing from t", "42703", code::PG0007),
        ("select nothing()", "42883", code::PG0007),
        ("select 'a'::nothing", "42704", code::PG0007),
        ("create table nothing.t ()", "3F000", code::PG0007),
        ("set role pg_monitor; select * from t", "42501", code::PG0004),
        ("begin read only; delete from t", "25006", code::PG0005),
        ("set statement_timeout = 50; select pg_sleep(60)", "57014", code::PG0005),
        ("insert into t values (1)", "23505", code::PG0008),
        ("select 'hunter2'::int", "22P02", code::PG0008),
        ("select 1 / (id - 1) from t", "22012", code::PG0008),
        ("select (select g from generate_series(1, 2) g)", "21000", code::PG0008),
        (wide, "54000", code::PG0008),
        ("do $$ begin raise 'hunter2'; end $$", "P0001", code::PG0008),
        (
            "do $$ begin raise 'a page' using errcode = 'data_corrupted'; end $$",
            "XX001",
            code::PG0025,
        ),
        (
            "do $$ begin raise 'a page' using errcode = 'index_corrupted'; end $$",
            "XX002",
            code::PG0025,
        ),
        (sort, "53400", code::PG0006),
        ("select pg_read_file('/nothing')", "58P01", code::PG0006),
        ("selekt 1", "42601", code::PG0001),
    ] {
        let error = refused(&db, statement).await;
        assert_eq!((said(&error), error.code()), (state, expected), "{statement}");
        assert!(!error.one_line().contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn transactions_in_each_others_way_are_tried_again() {
    let db = merge_db("transactions_in_each_others_way").await;
    db.run("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)").await;
    let (mut one, mut two) = (open(&db).await, open(&db).await);
    // serialization
    run(&mut one, "begin isolation level repeatable read; select * from t").await.unwrap();
    run(&mut two, "update t set n = 1").await.unwrap();
    is(run(&mut one, "update t set n = 2").await, "40001", code::PG0005);
    run(&mut one, "rollback").await.unwrap();
    // a lock that is taken, and a time-out for it
    run(&mut two, "begin; update t set n = 3 where id = 1").await.unwrap();
    is(
        run(&mut one, "select * from t where id = 1 for update nowait").await,
        "55P03",
        code::PG0005,
    );
    // deadlock: one waits for two, then two for one; whoever notices first is ended
    let settings = "set deadlock_timeout = '50ms'; begin; update t set n = 4 where id = 2";
    run(&mut one, settings).await.unwrap();
    run(&mut two, "set deadlock_timeout = '50ms'").await.unwrap();
    let (first, second) = tokio::join!(
        run(&mut one, "update t set n = 4 where id = 1; rollback"),
        run(&mut two, "update t set n = 3 where id = 2; rollback")
    );
    is(first.and(second), "40P01", code::PG0005);
}

#[tokio::test]
async fn sessions_that_are_ended_or_refused_are_told_apart() {
    let db = merge_db("sessions_that_are_ended_or_refused").await;
    let mut sleeper = open(&db).await;
    let pid: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut sleeper).await.unwrap();
    let ended = tokio::join!(run(&mut sleeper, "select pg_sleep(60)"), async {
        let sleeps = format!(
            "select count(*) from pg_stat_activity where pid = {pid} and wait_event = 'PgSleep'"
        );
        let asleep = || async { (db.number(&sleeps).await == 1).then_some(()) };
        eventually("it sleeps", LIMIT, asleep).await;
        db.run(&format!("select pg_terminate_backend({pid})")).await;
    });
    is(ended.0, "57P01", code::PG0005);
    let gone = run(&mut sleeper, "select 1").await.unwrap_err();
    assert_eq!(gone.code(), code::PG0002, "the connection is closed by now: {gone:?}");
    let role = format!("one_session_{}", std::process::id());
    db.run(&format!("create role {role} login password 'right' connection limit 0")).await;
    let options = |password: &str| db.options().username(&role).password(password);
    let crowded = pg::connect(&options("right")).await.map(|_| ());
    let wrong = pg::connect(&options("wrong")).await.map(|_| ());
    db.run(&format!("drop role {role}")).await;
    is(crowded, "53300", code::PG0009);
    is(wrong, "28P01", code::PG0003);
    let nowhere = pg::connect(&db.options().database("nothing")).await.map(|_| ());
    is(nowhere, "3D000", code::PG0007);
    let silent = pg::connect(&db.options().port(1)).await.unwrap_err();
    assert_eq!(silent.code(), code::PG0002, "{silent:?}");
}

fn is(result: Result<()>, state: &str, expected: Code) {
    let error = result.unwrap_err();
    assert_eq!((said(&error), error.code()), (state, expected), "{error:?}");
}

/// The SQLSTATE in an error.
fn said(error: &Error) -> &str {
    let found = error.context().iter().find(|(name, _)| *name == "sqlstate");
    found.map_or("", |(_, state)| state)
}

async fn open(db: &Db) -> PgConnection {
    PgConnection::connect_with(&db.options()).await.unwrap()
}

async fn refused(db: &Db, statement: &str) -> Error {
    run(&mut open(db).await, statement).await.unwrap_err()
}

async fn run(connection: &mut PgConnection, statement: &str) -> Result<()> {
    let ran = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await;
    ran.map(|_done| ()).during("testing")
}
