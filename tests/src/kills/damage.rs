//! The checker is checked: what is damaged by hand is found.

use sqlx::AssertSqlSafe;

use super::{left, shop::faults};
use crate::testkit::plant::Plant;

/// What somebody did, and words of the fault that tells it (besides others).
struct Damage {
    what: &'static str,
    statement: &'static str,
    told: &'static str,
}

/// As [`Damage`], of things that are no rows: what takes it back.
struct Undone {
    damage: Damage,
    by: &'static str,
}

/// `LIVE` and `PAST` are the tables of people, `GONE` a retired one of extra.
const ALL: [Damage; 11] = [
    Damage {
        what: "a version of the past is lost",
        statement: "delete from PAST where ctid =
            (select ctid from PAST where teal_batch_out < 2147483647 order by id limit 1)",
        told: "no version",
    },
    Damage {
        what: "the past has another value",
        statement: "update PAST set name = name || '!' where ctid =
            (select ctid from PAST where teal_batch_out < 2147483647 order by id limit 1)",
        told: "no batch saw",
    },
    Damage {
        what: "two keys have each other's values",
        statement: "update PAST p set name = o.name from
            (select a.id as a, b.id as b from PAST a join PAST b on b.name <> a.name
              where a.teal_batch_out = 2147483647 and b.teal_batch_out = 2147483647 limit 1) pair
            join PAST o on o.id in (a, b) and o.teal_batch_out = 2147483647
            where p.id in (a, b) and p.id <> o.id and p.teal_batch_out = 2147483647",
        told: "not at the source",
    },
    Damage {
        what: "a change is told of the batch after its own, in both versions",
        statement: "with pair as (select a.ctid as a, b.ctid as b from PAST a join PAST b
              on b.id = a.id and b.teal_batch_in - 1 = a.teal_batch_out
              where b.teal_batch_out > b.teal_batch_in limit 1),
            before as (update PAST set teal_batch_out = teal_batch_out + 1
              where ctid = (select a from pair))
            update PAST set teal_batch_in = teal_batch_in + 1 where ctid = (select b from pair)",
        told: "no batch saw",
    },
    Damage {
        what: "there is a version that nobody read",
        statement: "insert into PAST select (jsonb_populate_record(p, '{\"id\": 999999}')).*
            from PAST p where teal_batch_out < 2147483647 limit 1",
        told: "no batch saw",
    },
    Damage {
        what: "a batch is there twice: its versions",
        statement: "insert into PAST select (jsonb_populate_record(p,
              jsonb_build_object('teal_batch_in', teal_batch_in + 1))).*
            from PAST p where teal_batch_in = (select max(teal_batch_in) from PAST)",
        told: "versions overlap",
    },
    Damage {
        what: "a batch is there twice: in the ledger",
        statement: "with twice as (select b.* from teal.batch b
              where status = 'committed' and inserted > 0 order by stream_id, batch desc limit 1),
            parts as (insert into teal.batch_dataset select (jsonb_populate_record(d,
              jsonb_build_object('batch', d.batch + 1000000))).*
              from teal.batch_dataset d join twice using (stream_id, batch))
            insert into teal.batch select (jsonb_populate_record(null::teal.batch,
              to_jsonb(t) || jsonb_build_object('batch', t.batch + 1000000))).* from twice t",
        told: "a table holds other rows than its batches brought",
    },
    Damage {
        what: "a current row is lost",
        statement: "delete from LIVE where id = (select min(id) from LIVE)",
        told: "missing",
    },
    Damage {
        what: "a current row has another value",
        statement: "update LIVE set name = name || '!' where id = (select min(id) from LIVE)",
        told: "not at the source",
    },
    Damage {
        what: "a current row is told of another batch",
        statement: "update LIVE set teal_batch = teal_batch - 1 where id =
            (select min(id) from LIVE where teal_batch > 1)",
        told: "no batch saw",
    },
    Damage {
        what: "a retired table has another value",
        statement: "update GONE set note = 'nobody wrote this' where ctid =
            (select ctid from GONE order by id limit 1)",
        told: "no batch saw",
    },
];

const THINGS: [Undone; 4] = [
    Undone {
        damage: Damage {
            what: "a retired table has another name",
            statement: "alter table GONE rename to lost",
            told: "a table that the ledger does not know",
        },
        by: "do $$ begin execute format('alter table teal_retired.lost rename to %I',
            (select table_name from teal.merge_table where format('%I.%I', schema_name, table_name) = 'GONE'));
            end $$",
    },
    Undone {
        damage: Damage {
            what: "staging of a table that went",
            statement: "create unlogged table teal_staging.s999999_0123456789abcdef ()",
            told: "staging of a table that is not in use",
        },
        by: "drop table teal_staging.s999999_0123456789abcdef",
    },
    Undone {
        damage: Damage {
            what: "a view of a workspace that went",
            statement: "create schema audit; create view audit.past as table PAST",
            told: "a view that the ledger does not know",
        },
        by: "drop schema audit cascade",
    },
    Undone {
        damage: Damage {
            what: "a view is not there",
            statement: "alter view reporting.core__shop__people rename to lost",
            told: "a view of the ledger is gone",
        },
        by: "alter view reporting.lost rename to core__shop__people",
    },
];

/// Tables that are put back after each damage.
const KEPT: [&str; 5] = ["LIVE", "PAST", "GONE", "teal.batch", "teal.batch_dataset"];

/// Damages a sound merge store in each way and looks whether it is found. The streams rest, and a
/// dataset has retired.
pub(super) async fn all_is_found(plant: &Plant) {
    let retired = "select format('%I.%I', schema_name, table_name) from teal.merge_table
                   where retired_at is not null order by id limit 1";
    let gone = plant.merge.rows(retired).await.pop().expect("a retired table");
    let statement = |text: &str| {
        text.replace("LIVE", &format!("{}.shop__people", plant.name))
            .replace("PAST", &format!("{}_h.shop__people", plant.name))
            .replace("GONE", &gone)
    };
    for (number, table) in KEPT.into_iter().enumerate() {
        plant.merge.run(&statement(&format!("create table kept_{number} as table {table}"))).await;
    }
    for damage in ALL {
        let done = sqlx::raw_sql(AssertSqlSafe(statement(damage.statement)));
        let done = done.execute(&plant.merge.pool).await.unwrap();
        assert!(done.rows_affected() > 0, "{}: nothing to damage", damage.what);
        damage.is_told(&faults(plant).await.1);
        for (number, table) in KEPT.into_iter().enumerate() {
            let back = format!("delete from {table}; insert into {table} table kept_{number}");
            plant.merge.run(&statement(&back)).await;
        }
    }
    for Undone { damage, by } in THINGS {
        plant.merge.run(&statement(damage.statement)).await;
        damage.is_told(&left::faults(plant).await);
        plant.merge.run(&statement(by)).await;
    }
    assert_eq!(faults(plant).await.1, Vec::<String>::new(), "after all was put back");
}

impl Damage {
    fn is_told(&self, found: &[String]) {
        assert!(
            found.iter().any(|fault| fault.contains(self.told)),
            "{}: {:?} is not told in {found:#?}",
            self.what,
            self.told
        );
    }
}
