//! The change driver: a small company at work. Orders come (as TPC-H's RF1) and go (RF2), lines are
//! shipped, prices and balances move, now and then a key changes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};
use tokio_util::sync::CancellationToken;

use crate::Result;

/// What the driver did so far; shared with who prints it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    transactions: AtomicU64,
    inserted: AtomicU64,
    updated: AtomicU64,
    deleted: AtomicU64,
}

impl Done {
    /// One line for people.
    pub(crate) fn line(&self) -> String {
        let [transactions, inserted, updated, deleted] =
            [&self.0.transactions, &self.0.inserted, &self.0.updated, &self.0.deleted]
                .map(|count| count.load(Relaxed));
        format!(
            "source: {transactions} transactions, {inserted} rows inserted, {updated} updated, \
             {deleted} deleted"
        )
    }

    fn rows(&self) -> u64 {
        self.0.inserted.load(Relaxed) + self.0.updated.load(Relaxed) + self.0.deleted.load(Relaxed)
    }
}

/// What one transaction of a kind does to the tables.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Insert,
    Update,
    Delete,
}

/// Changes `rate` rows per second, on average, until stopped. The transaction at hand is finished.
#[expect(clippy::disallowed_methods, reason = "a producer's transaction, not one of Teal's")]
pub(crate) async fn run(source: &str, rate: f64, done: Done, stop: CancellationToken) -> Result {
    let mut connection = PgConnection::connect(source).await?;
    let started = Instant::now();
    let mut turn = 0_u64;
    while !stop.is_cancelled() {
        let mut transaction = connection.begin().await?;
        for (deed, statement) in statements(turn) {
            run_one(&mut transaction, *deed, statement, &done).await?;
        }
        transaction.commit().await?;
        done.0.transactions.fetch_add(1, Relaxed);
        turn += 1;
        // As many rows as by now are due, at the wanted rate.
        #[allow(clippy::cast_precision_loss, reason = "a pause need not be exact")]
        let due = Duration::from_secs_f64(done.rows() as f64 / rate.max(1.0));
        let pause = due.saturating_sub(started.elapsed());
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(pause) => {} }
    }
    connection.close().await?;
    Ok(())
}

async fn run_one(
    transaction: &mut Transaction<'_, Postgres>,
    deed: Deed,
    statement: &'static str,
    done: &Done,
) -> Result {
    let result = sqlx::query(AssertSqlSafe(statement)).execute(&mut **transaction).await?;
    let count = match deed {
        Deed::Insert => &done.0.inserted,
        Deed::Update => &done.0.updated,
        Deed::Delete => &done.0.deleted,
    };
    count.fetch_add(result.rows_affected(), Relaxed);
    Ok(())
}

/// Mostly orders; every fifth turn the purchasing side; every 50th a key.
fn statements(turn: u64) -> &'static [(Deed, &'static str)] {
    match turn {
        turn if turn % 50 == 49 => KEYS,
        turn if turn % 5 == 4 => PURCHASING,
        turn => match turn % 3 {
            0 => NEW_ORDERS,
            1 => SHIPPING,
            _ => OLD_ORDERS,
        },
    }
}

/// Eight orders with one to seven lines each.
const NEW_ORDERS: &[(Deed, &str)] = &[
    (
        Deed::Insert,
        "insert into tpch.orders
         select m.last + n, 1 + floor(random() * 1000)::bigint, 'O',
                round((1000 + random() * 300000)::numeric, 2), date '1998-08-02' - n, '3-MEDIUM',
                'Clerk#000000042', 0, 'ordered while you watched'
         from (select max(o_orderkey) as last from tpch.orders) m, generate_series(1, 8) n",
    ),
    (
        Deed::Insert,
        "insert into tpch.lineitem
         select o.o_orderkey, 1 + floor(random() * 2000)::bigint, 1 + floor(random() * 100)::bigint,
                n, 1 + n % 50, round((900 + random() * 90000)::numeric, 2), 0.05, 0.02, 'N', 'O',
                o.o_orderdate + 3, o.o_orderdate + 30, o.o_orderdate + 9, 'NONE', 'TRUCK', 'new'
         from (select * from tpch.orders order by o_orderkey desc limit 8) o,
              generate_series(1, 1 + (o.o_orderkey % 7)::int) n",
    ),
];

/// Lines of some orders leave the house; their orders and customers change with them.
const SHIPPING: &[(Deed, &str)] = &[
    (
        Deed::Update,
        "update tpch.lineitem l set l_linestatus = 'F', l_returnflag = 'R',
                l_quantity = l_quantity + 1, l_comment = 'shipped at ' || to_char(clock_timestamp(), 'HH24:MI:SS.US')
         from (select o_orderkey from tpch.orders
               where o_orderkey >= (select floor(random() * max(o_orderkey)) from tpch.orders)
               order by o_orderkey limit 8) o
         where l.l_orderkey = o.o_orderkey",
    ),
    (
        Deed::Update,
        "update tpch.orders set o_orderstatus = 'F', o_totalprice = o_totalprice + 1
         where o_orderkey in (select o_orderkey from tpch.orders
               where o_orderkey >= (select floor(random() * max(o_orderkey)) from tpch.orders)
               order by o_orderkey limit 8)",
    ),
    (
        Deed::Update,
        "update tpch.customer set c_acctbal = c_acctbal - 10
         where c_custkey in (select c_custkey from tpch.customer
               where c_custkey >= (select floor(random() * max(c_custkey)) from tpch.customer)
               order by c_custkey limit 4)",
    ),
];

/// The oldest eight orders are forgotten.
const OLD_ORDERS: &[(Deed, &str)] = &[
    (
        Deed::Delete,
        "delete from tpch.lineitem where l_orderkey in
           (select o_orderkey from tpch.orders order by o_orderkey limit 8)",
    ),
    (
        Deed::Delete,
        "delete from tpch.orders where o_orderkey in
           (select o_orderkey from tpch.orders order by o_orderkey limit 8)",
    ),
];

/// Stock, prices and balances move.
const PURCHASING: &[(Deed, &str)] = &[
    (
        Deed::Update,
        "update tpch.partsupp set ps_availqty = ps_availqty + 1
         where ps_partkey = (select 1 + floor(random() * max(ps_partkey)) from tpch.partsupp)",
    ),
    (
        Deed::Update,
        "update tpch.part set p_retailprice = p_retailprice + 0.01
         where p_partkey = (select 1 + floor(random() * max(p_partkey)) from tpch.part)",
    ),
    (
        Deed::Update,
        "update tpch.supplier set s_acctbal = -s_acctbal
         where s_suppkey = (select 1 + floor(random() * max(s_suppkey)) from tpch.supplier)",
    ),
];

/// A customer gets another number: for a merge that is one row less and one row more. A nation is
/// described anew.
const KEYS: &[(Deed, &str)] = &[
    (
        Deed::Update,
        "update tpch.customer set c_custkey = (select max(c_custkey) + 1 from tpch.customer)
         where c_custkey = (select min(c_custkey) from tpch.customer)",
    ),
    (
        Deed::Update,
        "update tpch.nation set n_comment = 'seen at ' || to_char(clock_timestamp(), 'HH24:MI:SS.US')
         where n_nationkey = floor(random() * 25)::bigint",
    ),
];
