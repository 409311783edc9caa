//! A source that changes, and a log in it of what each transaction changed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

use crate::testkit::Db;

/// Keys come from a space that is small enough for transactions to meet.
const KEYS: i64 = 3000;
/// Writers at a time: with one, no snapshot would see a later transaction without an earlier one.
const WRITERS: u64 = 3;
/// Longest pause between two transactions of a writer, in milliseconds.
const PAUSE: u64 = 120;

/// Three tables and their log. A row of the log is written by a trigger in the transaction that made the
/// change: whether a commit happened is asked of nobody but the source. `seq` is drawn while the
/// changed row (or, for a truncate, the table) is locked, so changes that concern each other stand
/// in the order in which they were committed.
const TABLES: &str = "
    create table people (id bigint primary key, name text not null);
    create table orders (id bigint primary key, amount numeric(12,2));
    create table extra (id bigint primary key, note text);
    create table log (
        seq bigint generated always as identity primary key,
        xid xid8 not null default pg_current_xact_id(),
        tab text not null,
        id bigint,
        line text
    );
    create function keep() returns trigger language plpgsql as $$ begin
        if tg_op in ('UPDATE', 'DELETE') then
            insert into log (tab, id) values (tg_table_name, old.id);
        end if;
        if tg_op in ('INSERT', 'UPDATE') then
            insert into log (tab, id, line) values (tg_table_name, new.id, new::text);
        end if;
        if tg_op = 'TRUNCATE' then
            insert into log (tab) values (tg_table_name);
        end if;
        return null;
    end $$;
    create trigger keep after insert or update or delete on people for each row execute function keep();
    create trigger keep after insert or update or delete on orders for each row execute function keep();
    create trigger keep after insert or update or delete on extra for each row execute function keep();
    create trigger empty after truncate on people execute function keep();
    create trigger empty after truncate on orders execute function keep();
    create trigger empty after truncate on extra execute function keep();
    insert into people select g, 'p' || g from generate_series(1, 1500) g;
    insert into orders select g, g * 1.5 from generate_series(1, 300) g;
    insert into extra select g, 'e' || g from generate_series(1, 200) g";

/// Prepares an empty source.
pub(super) async fn prepare(source: &Db) {
    source.run(TABLES).await;
}

/// Tasks that change the source until they are told to stop. Whatever happens to their server, they
/// connect again.
pub(super) struct Writers {
    over: Arc<AtomicBool>,
    committed: Arc<AtomicU64>,
    tasks: tokio::task::JoinSet<()>,
}

impl Writers {
    pub(super) fn start(source: &Db, seed: u64) -> Self {
        let (over, committed) = (Arc::default(), Arc::default());
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..WRITERS {
            let writer = Writer {
                source: source.options(),
                random: StdRng::seed_from_u64(seed.wrapping_add(number)),
                over: Arc::clone(&over),
                committed: Arc::clone(&committed),
            };
            tasks.spawn(writer.run());
        }
        Self { over, committed, tasks }
    }

    /// Ends them; how many transactions are known to be committed.
    pub(super) async fn stop(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
        self.committed.load(Ordering::Relaxed)
    }
}

struct Writer {
    source: PgConnectOptions,
    random: StdRng,
    over: Arc<AtomicBool>,
    committed: Arc<AtomicU64>,
}

impl Writer {
    async fn run(mut self) {
        while !self.over.load(Ordering::Relaxed) {
            // the server may be down, or die under us: both are what this is about
            if let Ok(mut session) = PgConnection::connect_with(&self.source).await {
                self.write(&mut session).await.ok();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until the session is lost. A transaction that fails (a key that exists, a deadlock) is rolled
    /// back.
    async fn write(&mut self, session: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::raw_sql("set lock_timeout = '2s'").execute(&mut *session).await?;
        while !self.over.load(Ordering::Relaxed) {
            let text = self.transaction();
            match sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *session).await {
                Ok(_done) => self.committed.fetch_add(1, Ordering::Relaxed),
                Err(sqlx::Error::Database(_refused)) => {
                    sqlx::raw_sql("rollback").execute(&mut *session).await?;
                    0
                }
                Err(lost) => return Err(lost),
            };
            tokio::time::sleep(Duration::from_millis(self.random.random_range(1..PAUSE))).await;
        }
        Ok(())
    }

    fn transaction(&mut self) -> String {
        let changes: Vec<String> =
            (0..self.random.random_range(1..=3)).map(|_| self.change()).collect();
        let end = if self.random.random_ratio(1, 8) { "rollback" } else { "commit" };
        format!("begin; {}; {end}", changes.join("; "))
    }

    fn change(&mut self) -> String {
        let random = &mut self.random;
        let text = format!("'v{:x}'", random.random::<u32>());
        let (table, column, value) = match random.random_range(0..6) {
            0..3 => ("people", "name", text),
            3..5 => ("orders", "amount", format!("{}.25", random.random_range(0..1_000_000))),
            _ => ("extra", "note", text),
        };
        let (key, other) = (random.random_range(1..=KEYS), random.random_range(1..=KEYS));
        let few = key + random.random_range(0..30);
        match random.random_range(0..100) {
            0..30 => format!(
                "insert into {table} select g, {value} from generate_series({key}, {few}) g
                 on conflict (id) do update set {column} = excluded.{column}"
            ),
            30..65 => {
                format!("update {table} set {column} = {value} where id between {key} and {few}")
            }
            65..80 => format!("delete from {table} where id between {key} and {few}"),
            80..97 => format!("update {table} set id = {other} where id = {key}"),
            97..99 => format!(
                "truncate {table};
                 insert into {table} select g, {value} from generate_series({key}, {key} + 400) g"
            ),
            _ => format!("truncate {table}"),
        }
    }
}
