//! The delta of one dataset: which staged rows are new or changed, which current rows are gone.
//!
//! Both styles share it. It holds row addresses (`ctid`) and one flag, never values. An address that the
//! statement's snapshot sees is not given to another row while the statement runs; a row that somebody
//! else changes meanwhile is skipped by PostgreSQL, the counts then do not add up, and the batch starts
//! over. No lock against writers is taken: it would also keep VACUUM away, or wait for it.

use crate::{
    merge::Layout,
    pg::{Ident, Sql, sql},
};

/// What a merge statement works on.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) layout: &'a Layout,
    /// The merge table.
    pub(super) table: Ident,
    /// Rows of this batch.
    pub(super) staging: Ident,
    /// Which rows of the merge table are current.
    pub(super) current: Sql,
    /// Whether only some hash buckets were pulled: `$1` is their mask, `$2` their numbers.
    pub(super) in_buckets: bool,
    /// Whether values are compared although the hashes are equal: what somebody did to the table by
    /// hand, or what a hash is blind to.
    pub(super) compares_rows: bool,
}

impl Target<'_> {
    fn current_in_buckets(&self) -> Sql {
        let current = &self.current;
        if self.in_buckets {
            sql!("{current} and (t.teal_hash & $1) = any($2)", current)
        } else {
            current.clone()
        }
    }

    /// `pairs` and `delta(new_row, old_row, op)`: `i` only staged, `d` only current, `u` both and a
    /// person would see a difference, `h` both and only the hash differs (another server version
    /// computed it).
    ///
    /// Hashes only save work: equal ones mean unchanged, different ones are looked at. The odd form
    /// of that comparison lets the planner expect one changed row in 200 instead of all, so that it
    /// fetches changed rows by address and does not read both tables a second time.
    pub(super) fn delta(&self) -> Sql {
        let Self { layout, table, staging, .. } = self;
        if self.compares_rows {
            return self.delta_by_value();
        }
        sql!(
            "pairs as materialized (
  select s.at as new_row, t.at as old_row
  from (select s.ctid as at, s.teal_hash, {staged_key} from {staging} s) s
  full join (select t.ctid as at, t.teal_hash, {current_key} from {table} t where {current}) t
    on {same_key}
  where (s.teal_hash is distinct from t.teal_hash)::int4 = 1
), delta as materialized (
  select new_row, old_row, 'i' as op from pairs where old_row is null
  union all
  select new_row, old_row, 'd' from pairs where new_row is null
  union all
  select p.new_row, p.old_row,
    case when record_image_ne(row({staged}), row({kept})) then 'u' else 'h' end
  from pairs p join {staging} s on s.ctid = p.new_row join {table} t on t.ctid = p.old_row
)",
            staging,
            table,
            staged_key = layout.key_of("s"),
            current_key = layout.key_of("t"),
            current = self.current_in_buckets(),
            same_key = layout.same_key("s", "t"),
            staged = layout.columns_of("s"),
            kept = layout.columns_of("t"),
        )
    }

    /// As [`Self::delta`], but every pair of rows is compared, whatever the hashes say.
    fn delta_by_value(&self) -> Sql {
        let Self { layout, table, staging, .. } = self;
        sql!(
            "pairs as materialized (
  select s.ctid as new_row, t.ctid as old_row, s.teal_hash is distinct from t.teal_hash as rehash,
    record_image_ne(row({staged}), row({kept})) as differs
  from {staging} s full join (select t.ctid, t.* from {table} t where {current}) t on {same_key}
), delta as materialized (
  select new_row, old_row,
    case when old_row is null then 'i' when new_row is null then 'd' when differs then 'u' else 'h' end
      as op
  from pairs where old_row is null or new_row is null or differs or rehash
)",
            staging,
            table,
            current = self.current_in_buckets(),
            same_key = layout.same_key("s", "t"),
            staged = layout.columns_of("s"),
            kept = layout.columns_of("t"),
        )
    }

    /// Refreshes the hash of rows in which nothing else differs.
    pub(super) fn refresh_hashes(&self) -> Sql {
        let Self { table, staging, .. } = self;
        sql!(
            "refreshed as (
  update {table} t set teal_hash = s.teal_hash
  from delta d join {staging} s on s.ctid = d.new_row
  where d.op = 'h' and t.ctid = d.old_row
  returning 1
)",
            table,
            staging,
        )
    }

    /// The counts: what the delta says, what the writes `put(fresh)` and `gone` touched, and new keys that are current in a bucket that was not pulled,
    /// which means that the digest did not speak of this table.
    pub(super) fn counts(&self) -> Sql {
        let Self { layout, table, staging, current, .. } = self;
        let strays = if self.in_buckets {
            sql!(
                "(select count(*) from delta d join {staging} s on s.ctid = d.new_row
    join {table} t on {same_key} and {current} where d.op = 'i')",
                staging,
                table,
                same_key = layout.same_key("s", "t"),
                current,
            )
        } else {
            Sql::text("0::int8")
        };
        sql!(
            "select d.inserted, d.updated, d.deleted, d.refreshed, {strays} as strays,
  (select count(*) from put) as put, (select count(*) from put where fresh) as fresh,
  (select count(*) from gone) as gone,
  (select count(*) from refreshed) as rehashed
from (select count(*) filter (where op = 'i') as inserted,
    count(*) filter (where op = 'u') as updated, count(*) filter (where op = 'd') as deleted,
    count(*) filter (where op = 'h') as refreshed from delta) d",
            strays,
        )
    }
}

#[cfg(test)]
mod tests {
    use teal_model::{BatchId, release::Style};

    use super::*;
    use crate::merge::postgres::{current, ddl::tests::orders, live, milestoned};

    fn merge_text(style: Style, in_buckets: bool) -> String {
        text(style, in_buckets, false)
    }

    fn text(style: Style, in_buckets: bool, compares_rows: bool) -> String {
        let layout = Layout::of(&orders()).unwrap();
        let target = Target {
            layout: &layout,
            table: Ident::qualified("p", "orders"),
            staging: Ident::qualified("teal_staging", "s7_00000000000000ff"),
            current: current(style),
            in_buckets,
            compares_rows,
        };
        let statement = match style {
            Style::Live => live::apply(&target, BatchId::new(9).unwrap()),
            Style::Milestoned => milestoned::apply(&target, BatchId::new(9).unwrap()),
        };
        statement.as_str().to_owned()
    }

    #[test]
    fn live_rows_are_put_and_deleted_in_one_statement() {
        insta::assert_snapshot!(merge_text(Style::Live, false), @r#"
        with pairs as materialized (
          select s.at as new_row, t.at as old_row
          from (select s.ctid as at, s.teal_hash, s."shop", s."id" from "teal_staging"."s7_00000000000000ff" s) s
          full join (select t.ctid as at, t.teal_hash, t."shop", t."id" from "p"."orders" t where true) t
            on s."shop" = t."shop" and s."id" = t."id"
          where (s.teal_hash is distinct from t.teal_hash)::int4 = 1
        ), delta as materialized (
          select new_row, old_row, 'i' as op from pairs where old_row is null
          union all
          select new_row, old_row, 'd' from pairs where new_row is null
          union all
          select p.new_row, p.old_row,
            case when record_image_ne(row(s."id", s."note", s."shop"), row(t."id", t."note", t."shop")) then 'u' else 'h' end
          from pairs p join "teal_staging"."s7_00000000000000ff" s on s.ctid = p.new_row join "p"."orders" t on t.ctid = p.old_row
        ), gone as (
          delete from "p"."orders" t using delta d where d.op = 'd' and t.ctid = d.old_row
          returning 1
        ), refreshed as (
          update "p"."orders" t set teal_hash = s.teal_hash
          from delta d join "teal_staging"."s7_00000000000000ff" s on s.ctid = d.new_row
          where d.op = 'h' and t.ctid = d.old_row
          returning 1
        ), put as (
          insert into "p"."orders" as t ("id", "note", "shop", teal_batch, teal_hash)
          select s."id", s."note", s."shop", 9, s.teal_hash
          from delta d join "teal_staging"."s7_00000000000000ff" s on s.ctid = d.new_row where d.op in ('i', 'u')
          on conflict ("shop", "id") do update
          set "id" = excluded."id", "note" = excluded."note", "shop" = excluded."shop", teal_batch = excluded.teal_batch, teal_hash = excluded.teal_hash
          returning xmax = 0 as fresh
        )
        select d.inserted, d.updated, d.deleted, d.refreshed, 0::int8 as strays,
          (select count(*) from put) as put, (select count(*) from put where fresh) as fresh,
          (select count(*) from gone) as gone,
          (select count(*) from refreshed) as rehashed
        from (select count(*) filter (where op = 'i') as inserted,
            count(*) filter (where op = 'u') as updated, count(*) filter (where op = 'd') as deleted,
            count(*) filter (where op = 'h') as refreshed from delta) d
        "#);
    }

    #[test]
    fn a_full_comparison_looks_at_values_whatever_the_hashes_say() {
        let text = text(Style::Milestoned, false, true);
        let delta = text.split_once(", gone as").map_or("", |(delta, _)| delta);
        insta::assert_snapshot!(delta, @r#"
        with pairs as materialized (
          select s.ctid as new_row, t.ctid as old_row, s.teal_hash is distinct from t.teal_hash as rehash,
            record_image_ne(row(s."id", s."note", s."shop"), row(t."id", t."note", t."shop")) as differs
          from "teal_staging"."s7_00000000000000ff" s full join (select t.ctid, t.* from "p"."orders" t where t.teal_batch_out = 2147483647) t on s."shop" = t."shop" and s."id" = t."id"
        ), delta as materialized (
          select new_row, old_row,
            case when old_row is null then 'i' when new_row is null then 'd' when differs then 'u' else 'h' end
              as op
          from pairs where old_row is null or new_row is null or differs or rehash
        )
        "#);
    }

    #[test]
    fn versions_are_closed_by_address_within_the_pulled_buckets() {
        insta::assert_snapshot!(merge_text(Style::Milestoned, true), @r#"
        with pairs as materialized (
          select s.at as new_row, t.at as old_row
          from (select s.ctid as at, s.teal_hash, s."shop", s."id" from "teal_staging"."s7_00000000000000ff" s) s
          full join (select t.ctid as at, t.teal_hash, t."shop", t."id" from "p"."orders" t where t.teal_batch_out = 2147483647 and (t.teal_hash & $1) = any($2)) t
            on s."shop" = t."shop" and s."id" = t."id"
          where (s.teal_hash is distinct from t.teal_hash)::int4 = 1
        ), delta as materialized (
          select new_row, old_row, 'i' as op from pairs where old_row is null
          union all
          select new_row, old_row, 'd' from pairs where new_row is null
          union all
          select p.new_row, p.old_row,
            case when record_image_ne(row(s."id", s."note", s."shop"), row(t."id", t."note", t."shop")) then 'u' else 'h' end
          from pairs p join "teal_staging"."s7_00000000000000ff" s on s.ctid = p.new_row join "p"."orders" t on t.ctid = p.old_row
        ), gone as (
          update "p"."orders" t set teal_batch_out = 9 - 1
          from delta d where d.op in ('u', 'd') and t.ctid = d.old_row
          returning 1
        ), refreshed as (
          update "p"."orders" t set teal_hash = s.teal_hash
          from delta d join "teal_staging"."s7_00000000000000ff" s on s.ctid = d.new_row
          where d.op = 'h' and t.ctid = d.old_row
          returning 1
        ), put as (
          insert into "p"."orders" ("id", "note", "shop", teal_batch_in, teal_batch_out, teal_hash)
          select s."id", s."note", s."shop", 9, 2147483647, s.teal_hash
          from delta d join "teal_staging"."s7_00000000000000ff" s on s.ctid = d.new_row where d.op in ('i', 'u')
          returning true as fresh
        )
        select d.inserted, d.updated, d.deleted, d.refreshed, (select count(*) from delta d join "teal_staging"."s7_00000000000000ff" s on s.ctid = d.new_row
            join "p"."orders" t on s."shop" = t."shop" and s."id" = t."id" and t.teal_batch_out = 2147483647 where d.op = 'i') as strays,
          (select count(*) from put) as put, (select count(*) from put where fresh) as fresh,
          (select count(*) from gone) as gone,
          (select count(*) from refreshed) as rehashed
        from (select count(*) filter (where op = 'i') as inserted,
            count(*) filter (where op = 'u') as updated, count(*) filter (where op = 'd') as deleted,
            count(*) filter (where op = 'h') as refreshed from delta) d
        "#);
    }
}
