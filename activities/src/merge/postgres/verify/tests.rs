//! The exact statements.

use teal_model::release::{DatasetSpec, Style, TableName};

use super::*;
use crate::{
    merge::postgres::ddl::tests::{dataset, orders},
    staging::Buckets,
};

fn target(style: Style) -> Target {
    let layout: DatasetSpec = orders();
    let retained = dataset(&["id"], &[("colour", "text")]).columns;
    Target {
        layout: Layout::of(&layout).unwrap(),
        table: MergeTable {
            id: 7,
            dataset: layout.name.clone(),
            table: TableName { schema: "p".into(), name: "orders".into() },
            style,
            layout,
            loaded: true,
            rows: 0,
            fresh: Vec::new(),
        },
        retained: if style == Style::Live { Vec::new() } else { retained },
    }
}

#[test]
fn hashes_are_computed_from_values_and_compared_with_the_stored_ones() {
    insta::assert_snapshot!(image::statement(&target(Style::Milestoned)), @r#"
    select (h & $1)::int4, count(*), bit_xor(h), bool_or(h <> stored)
    from (select hash_record_extended(row(t."id", (t."note") collate "C", bpcharsend(t."shop")), 0), t.teal_hash from "p"."orders" t where t.teal_batch_out = 2147483647) r(h, stored) group by 1
    "#);
}

#[test]
fn keys_of_some_buckets_are_compared_by_their_hashes() {
    let buckets = Buckets { mask: 7, numbers: vec![1, 5] };
    insta::assert_snapshot!(differences::find_statement(&target(Style::Live), &buckets), @r#"
    create table "pg_temp"."found_7" as
    select coalesce(s."shop", t."shop") as "shop", coalesce(s."id", t."id") as "id", s.teal_hash as teal_source, t.teal_merge, t.teal_stored, t.teal_came,
      null::text[] as teal_differing
    from "pg_temp"."keys_7" s full join (
      select * from (select t."shop", t."id", hash_record_extended(row(t."id", (t."note") collate "C", bpcharsend(t."shop")), 0) as teal_merge, t.teal_hash as teal_stored,
          t.teal_batch as teal_came
        from "p"."orders" t where true) t
      where (teal_merge & 7) = any('{1,5}'::int8[])
    ) t on s."shop" = t."shop" and s."id" = t."id"
    where s.teal_hash is distinct from t.teal_merge or s.teal_hash is distinct from t.teal_stored
    "#);
}

#[test]
fn values_are_compared_column_by_column_in_the_version_that_was_found() {
    insta::assert_snapshot!(differences::judge_statement(&target(Style::Milestoned)), @r#"
    update "pg_temp"."found_7" f set teal_differing = array_remove(array[case when record_image_ne(row(v."id"), row(t."id")) then 'id' end, case when record_image_ne(row(v."note"), row(t."note")) then 'note' end, case when record_image_ne(row(v."shop"), row(t."shop")) then 'shop' end]::text[], null)
    from "pg_temp"."values_7" v, "p"."orders" t
    where f."shop" = v."shop" and f."id" = v."id" and f."shop" = t."shop" and f."id" = t."id" and t.teal_batch_out = 2147483647 and t.teal_batch_in = f.teal_came
      and f.teal_source <> f.teal_merge
    "#);
}

#[test]
fn versions_are_compared_with_those_before_and_after() {
    let milestoned = target(Style::Milestoned);
    insta::assert_snapshot!(history::versions_statement(&milestoned, 20), @r#"
    with v as (
      select array[t."shop"::text, t."id"::text] as key, teal_batch_in as came, teal_batch_out as went,
        lead(teal_batch_in) over w as next_came, lead(teal_batch_out) over w as next_went
      from "p"."orders" t window w as (partition by t."shop", t."id" order by teal_batch_in, teal_batch_out)
    ), faulty as (
      select case when went < came then 'backwards'
        when next_came <= went and went = 2147483647 and next_went = 2147483647 then 'open_twice'
        when next_came <= went then 'overlap' end as fault, key, came, went from v
    ), numbered as (
      select *, count(*) over (partition by fault) as versions,
        row_number() over (partition by fault order by key, came) as place
      from faulty where fault is not null
    )
    select * from numbered where place <= 20 order by fault, place
    "#);
    insta::assert_snapshot!(history::against_statement(&milestoned), @r#"
    with batches as (
      select d.batch::int8 as batch, d.inserted, d.updated, d.deleted, d.corrected
      from teal.batch_dataset d join teal.batch b using (stream_id, batch)
      where d.merge_table_id = $1 and b.status = 'committed' and d.batch >= (
        select max(l.batch) from teal.batch_dataset l join teal.batch lb using (stream_id, batch)
        where l.merge_table_id = $1 and l.first_load and lb.status = 'committed')
    ), v as (
      select teal_batch_in::int8 as came, teal_batch_out::int8 as went,
        lag(teal_batch_out) over w as went_before, lead(teal_batch_in) over w as came_after
      from "p"."orders" t window w as (partition by t."shop", t."id" order by teal_batch_in, teal_batch_out)
    ), steps as (
      select batch, count(*) filter (where step = 'i') as inserted,
        count(*) filter (where step = 'u') as updated, count(*) filter (where step = 'd') as deleted
      from v cross join lateral (values
        (came, case when went_before = came - 1 then 'u' else 'i' end),
        (case when went <> 2147483647 and came_after is distinct from went + 1 then went + 1 end, 'd')
      ) e(batch, step)
      where batch is not null group by 1
    )
    select batch, l.batch is null as unknown,
      coalesce(s.inserted, 0) as inserted, coalesce(s.updated, 0) as updated,
      coalesce(s.deleted, 0) as deleted, coalesce(l.inserted, 0) as l_inserted,
      coalesce(l.updated, 0) as l_updated, coalesce(l.deleted, 0) as l_deleted
    from steps s full join batches l using (batch)
    where l.batch is null or (l.inserted, l.updated, l.deleted)
      is distinct from (coalesce(s.inserted, 0), coalesce(s.updated, 0), coalesce(s.deleted, 0))
    order by batch
    "#);
    insta::assert_snapshot!(history::repeated_statement(&milestoned, 20), @r#"
    select array[t."shop"::text, t."id"::text] as key, t.teal_batch_in as came, t.teal_batch_out as went,
      count(*) over () as versions
    from "p"."orders" a join "p"."orders" t on a."shop" = t."shop" and a."id" = t."id" and t.teal_batch_in::int8 - 1 = a.teal_batch_out
    where a.teal_batch_in < t.teal_batch_in and not record_image_ne(row(a."id", a."note", a."shop", a."colour"), row(t."id", t."note", t."shop", t."colour"))
    order by t."shop", t."id", t.teal_batch_in limit 20
    "#);
}

#[test]
fn live_rows_are_compared_with_the_batches_that_put_them() {
    insta::assert_snapshot!(live::statement(&target(Style::Live)), @r#"
    with batches as (
      select d.batch::int8 as batch, d.inserted, d.updated, d.deleted, d.corrected
      from teal.batch_dataset d join teal.batch b using (stream_id, batch)
      where d.merge_table_id = $1 and b.status = 'committed' and d.batch >= (
        select max(l.batch) from teal.batch_dataset l join teal.batch lb using (stream_id, batch)
        where l.merge_table_id = $1 and l.first_load and lb.status = 'committed')
    ), held as (
      select teal_batch::int8 as batch, count(*) as held from "p"."orders" group by 1
    )
    select h.batch, h.held, b.inserted + b.updated as put
    from held h left join batches b using (batch)
    where b.batch is null or h.held > b.inserted + b.updated order by h.batch
    "#);
}
