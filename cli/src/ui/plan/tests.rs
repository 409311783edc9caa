use teal_model::{
    StreamId,
    plan::{
        Action, Field, HandedTable, Load, LoadKind, MissingCredential, MovedView, Phase, Plan,
        Step, TableFate, TakenTable, ViewChange,
    },
    release::{Shows, Style, TableName, ViewSpec},
};

use super::{Depth, render};
use crate::ui::style::plain;

fn plan(actions: Vec<Action>) -> Plan {
    Plan {
        ecosystem: "acme".into(),
        services: "main".into(),
        base: None,
        release: "r1".into(),
        steps: actions.into_iter().map(|action| Step { phase: Phase::Jobs, action }).collect(),
        warnings: Vec::new(),
        missing_credentials: Vec::new(),
    }
}

fn table(schema: &str, name: &str) -> TableName {
    TableName { schema: schema.into(), name: name.into() }
}

fn field(name: &str, old: Option<&str>, new: Option<&str>) -> Field {
    Field { name: name.into(), old: old.map(Into::into), new: new.map(Into::into) }
}

fn load(dataset: &str, rows: Option<u64>, bytes: Option<u64>) -> Load {
    let kind = LoadKind::First;
    Load { dataset: dataset.into(), kind, rewrites: false, rows, bytes, seconds: None }
}

#[test]
fn plans_are_grouped_with_loads_statements_and_totals() {
    let mut plan = plan(vec![
        Action::CreateSchema { schema: "live".into() },
        Action::CreateRole { role: "teal_reporting_reader".into() },
        Action::InstallRelease { changes: Vec::new() },
        Action::CreateStream {
            stream: StreamId::multi("live", "crm"),
            style: Style::Live,
            needed_by: vec!["reporting".into()],
            facts: vec![field("schedule", None, Some("every 1m"))],
            ddl: vec!["create table \"live\".\"crm__people\" (\n    \"id\" bigint\n)".into()],
            loads: vec![
                load("people", Some(1_200_000), Some(340 << 20)),
                load("orders", None, None),
            ],
            takes_over: Vec::new(),
        },
        Action::CreateView {
            workspace: "reporting".into(),
            view: ViewSpec {
                view: table("reporting", "core__crm__people"),
                stream: StreamId::multi("live", "crm"),
                dataset: "people".into(),
                shows: Shows::Current,
                group: "core".into(),
                latency_seconds: None,
            },
        },
    ]);
    plan.warnings.push("orders was never analysed".into());
    insta::assert_snapshot!(plain(&render(&plan, Depth::Full, Some("teal apply"))));
    let usual = plain(&render(&plan, Depth::Usual, Some("teal apply")));
    assert!(usual.contains("            1 statement (-v shows them)\n"), "{usual}");
    assert!(!usual.contains("create table"), "{usual}");
}

#[test]
fn changes_show_old_and_new_and_removals_are_marked() {
    let plan = plan(vec![
        Action::RetireStream {
            stream: StreamId::single("history", "crm", "orders"),
            why: "dataset crm:orders left the model".into(),
            tables: vec![TableFate {
                table: table("history", "crm__orders"),
                rows: 12_345,
                kept_days: 7,
            }],
        },
        Action::ChangeStream {
            stream: StreamId::multi("live", "crm"),
            formerly: None,
            needed_by: vec!["reporting".into()],
            changes: vec![
                field("schedule", Some("every 5m"), Some("every 1m")),
                field("column people.vip", Some("boolean"), None),
            ],
            ddl: vec!["alter table \"live\".\"crm__people\" drop column \"vip\"".into()],
            loads: vec![
                Load {
                    kind: LoadKind::Compare,
                    rewrites: true,
                    ..load("people", Some(12_000), Some(3 << 20))
                },
                Load { kind: LoadKind::Anew, ..load("orders", Some(700), Some(80 << 10)) },
            ],
            interrupts: true,
            views: vec![
                ViewChange {
                    view: table("reporting", "core__crm__people"),
                    recreated: true,
                    after_load: true,
                },
                ViewChange {
                    view: table("reporting", "core__crm__orders"),
                    recreated: false,
                    after_load: true,
                },
            ],
            destructive: true,
            losses: vec!["column vip of live.crm__people and its values".into()],
        },
        Action::RepairStream {
            stream: StreamId::multi("live", "web"),
            why: "it has no open workflow".into(),
            ddl: Vec::new(),
            loads: Vec::new(),
            losses: Vec::new(),
        },
        Action::DropView { workspace: "reporting".into(), view: table("reporting", "core__x") },
    ]);
    insta::assert_snapshot!(plain(&render(
        &plan,
        Depth::Full,
        Some("teal apply examples/crm.yaml")
    )));
    insta::assert_snapshot!(plain(&render(&plan, Depth::Brief, Some("teal apply"))));
}

#[test]
fn a_plan_that_only_renews_the_release_says_so() {
    insta::assert_snapshot!(
        plain(&render(&plan(vec![Action::InstallRelease { changes: Vec::new() }]), Depth::Full, Some("teal apply"))),
        @"Plan: only the catalog takes over the new release. Run `teal apply`"
    );
}

#[test]
fn an_empty_plan_says_so() {
    insta::assert_snapshot!(
        plain(&render(&plan(Vec::new()), Depth::Full, Some("teal apply"))),
        @"Plan: nothing to do: what runs is what the model says."
    );
}

#[test]
fn moves_waits_and_what_only_the_catalog_holds_are_shown() {
    let view = ViewSpec {
        view: table("reporting", "core__crm__people"),
        stream: StreamId::multi("past", "crm"),
        dataset: "people".into(),
        shows: Shows::Current,
        group: "core".into(),
        latency_seconds: None,
    };
    let mut plan = plan(vec![
        Action::RegisterAttributes { names: vec!["TealState".into()] },
        Action::InstallRelease {
            changes: vec![field("priority of live/crm", Some("medium"), Some("high"))],
        },
        Action::HandOver {
            from: StreamId::multi("live", "web"),
            why: "web runs as one stream for each dataset from now on".into(),
            tables: vec![HandedTable {
                dataset: "hits".into(),
                table: table("live", "web__hits"),
                to: StreamId::single("live", "web", "hits"),
            }],
        },
        Action::CreateStream {
            stream: StreamId::single("live", "web", "hits"),
            style: Style::Live,
            needed_by: vec!["reporting/core".into()],
            facts: Vec::new(),
            ddl: Vec::new(),
            loads: Vec::new(),
            takes_over: vec![TakenTable {
                from: StreamId::multi("live", "web"),
                dataset: "hits".into(),
                table: table("live", "web__hits"),
                rows: 12_000,
            }],
        },
        Action::LoadStream {
            stream: StreamId::multi("past", "crm"),
            views: vec![table("reporting", "core__crm__people")],
        },
        Action::MoveViews {
            workspace: "reporting".into(),
            views: vec![MovedView { view, from: "live/crm".into(), dataset: "people".into() }],
        },
    ]);
    plan.missing_credentials.push(MissingCredential {
        name: "crm_reader".into(),
        looked_at: "environment variables TEAL_CREDENTIAL_CRM_READER_USER and …_PASSWORD".into(),
        needed_by: vec!["live/web/hits".into()],
    });
    insta::assert_snapshot!(plain(&render(&plan, Depth::Full, None)));
}

#[test]
fn estimated_time_stands_where_speeds_were_measured() {
    let mut one = load("people", Some(1_200_000), Some(340 << 20));
    one.seconds = Some(42);
    assert_eq!(super::volume(&[&one]), "about 1.2 M rows, 340 MiB, 42 s");
}

#[test]
fn many_alike_are_one_line_of_the_usual_plan_and_what_destroys_is_listed() {
    let view = |n: u32| Action::CreateView {
        workspace: "reporting".into(),
        view: ViewSpec {
            view: table("reporting", &format!("core__crm__d{n:02}")),
            stream: StreamId::multi("live", "crm"),
            dataset: format!("d{n:02}"),
            shows: Shows::Current,
            group: "core".into(),
            latency_seconds: None,
        },
    };
    let loads = (1..=44).map(|n| load(&format!("d{n:02}"), Some(n * 1_000), Some(n << 20)));
    let mut actions = vec![Action::CreateStream {
        stream: StreamId::multi("live", "crm"),
        style: Style::Live,
        needed_by: vec!["reporting".into()],
        facts: vec![
            field("schedule", None, Some("every 1m")),
            field("ingest size", None, Some("requests 100m/64Mi")),
        ],
        ddl: vec!["create table a ()".into(), "create table b ()".into()],
        loads: loads.collect(),
        takes_over: Vec::new(),
    }];
    actions.extend((1..=44).map(view));
    actions.extend((1..=12).map(|n| Action::GrantReader {
        role: format!("teal_w{n:02}_reader"),
        views: vec![table("reporting", "core__crm__d01"); 12],
    }));
    let dropped = |n: u32| table("reporting", &format!("old{n}"));
    actions.extend(
        (1..=9).map(|n| Action::DropView { workspace: "reporting".into(), view: dropped(n) }),
    );
    let plan = plan(actions);
    insta::assert_snapshot!(plain(&render(&plan, Depth::Usual, Some("teal apply"))), @r"
    Streams
      create  stream  live/crm  44 datasets, about 990 K rows, 990 MiB
                needed by reporting
                style live; schedule every 1m
                loads 44 datasets: about 990 K rows, 990 MiB; the largest: d44, d43, d42
                2 statements (-v shows them)

    Views
      create  view  44 views        reporting.core__crm__d01, reporting.core__crm__d02 and 42 more (-v lists them)
      remove  view  reporting.old1  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old2  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old3  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old4  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old5  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old6  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old7  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old8  DESTRUCTIVE  of workspace reporting
      remove  view  reporting.old9  DESTRUCTIVE  of workspace reporting

    Schemas and roles
      create  grant  12 grants  teal_w01_reader, teal_w02_reader and 10 more (-v lists them)

    Plan: 57 to create, 0 to change, 9 to remove. Loads about 990 K rows, 990 MiB. 9 steps are destructive. Run `teal apply`
    ");
    let full = plain(&render(&plan, Depth::Full, Some("teal apply")));
    assert_eq!(full.matches("select on reporting.core__crm__d01").count(), 144);
    assert_eq!(full.matches("  create  view ").count(), 44);
    assert!(full.contains("loads d44: about 44.0 K rows") && full.contains("create table b ()"));
}
