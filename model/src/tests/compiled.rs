//! What a model becomes.

use super::{released, shop, shop_with};
use crate::{
    ids::StreamId,
    load,
    release::{Priority, Release, Shows, Style},
    schedule::Schedule,
};

fn example() -> Release {
    released(&[])
}

/// `live/shop needed by lab, reporting: customers, orders`
fn jobs(release: &Release) -> Vec<String> {
    let line = |job: &crate::release::Job| {
        let datasets: Vec<&str> = job.stream.datasets.iter().map(|d| d.name.as_str()).collect();
        format!("{} for {}: {}", job.stream.id, job.needed_by.join(" "), datasets.join(" "))
    };
    release.jobs.iter().map(line).collect()
}

fn views(release: &Release, workspace: &str) -> Vec<String> {
    let workspace = release.workspaces.iter().find(|w| w.name == workspace).unwrap();
    let line = |view: &crate::release::ViewSpec| format!("{} = {}", view.view, view.stream);
    workspace.views.iter().map(line).collect()
}

#[test]
fn only_what_a_workspace_needs_becomes_a_job() {
    insta::assert_snapshot!(jobs(&example()).join("\n"), @r#"
    history/crm/visits for lab: visits
    history/shop for lab reporting: customers orders
    live/crm/contacts for reporting: contacts
    live/shop for lab reporting: customers orders
    "#);
}

#[test]
fn views_are_named_by_group_store_and_dataset() {
    insta::assert_snapshot!(views(&example(), "reporting").join("\n"), @r#"
    reporting.audit__shop__orders = history/shop
    reporting.audit__shop__orders__history = history/shop
    reporting.core__crm__contacts = live/crm/contacts
    reporting.core__shop__customers = live/shop
    reporting.core__shop__orders = live/shop
    "#);
}

#[test]
fn second_assignment_is_a_parallel_run_in_its_own_schema() {
    insta::assert_snapshot!(views(&example(), "lab").join("\n"), @r#"
    lab.all__crm__visits = history/crm/visits
    lab.all__crm__visits__history = history/crm/visits
    lab.all__shop__customers = history/shop
    lab.all__shop__customers__history = history/shop
    lab.trial__shop__customers = live/shop
    lab__history.trial__shop__customers = history/shop
    lab__history.trial__shop__customers__history = history/shop
    "#);
}

#[test]
fn whole_stream_spec_is_as_written() {
    let release = example();
    let job = release.job(&StreamId::single("live", "crm", "contacts")).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&job).unwrap(), @r#"
    {
      "stream": {
        "id": "live/crm/contacts",
        "formerly": [
          "live/crm/people",
          "live/salesforce/contacts",
          "live/salesforce/people"
        ],
        "team": "retail/online",
        "services": "main",
        "style": "live",
        "source": {
          "host": "crm.example",
          "port": 5432,
          "database": "crm",
          "credential": "crm_reader",
          "max_sessions": 2
        },
        "merge": {
          "host": "localhost",
          "port": 5432,
          "database": "merge",
          "credential": "merge_rw",
          "max_sessions": 50
        },
        "schedule": {
          "every": {
            "seconds": 30
          }
        },
        "max_delete": {
          "percent": 50,
          "rows": 10
        },
        "datasets": [
          {
            "name": "contacts",
            "formerly": [
              "people"
            ],
            "source": {
              "schema": "crm",
              "name": "contacts"
            },
            "table": {
              "schema": "live",
              "name": "crm__contacts"
            },
            "key": [
              "id"
            ],
            "columns": [
              {
                "name": "id",
                "type": "uuid",
                "nullable": false
              },
              {
                "name": "email",
                "type": "text",
                "nullable": true
              },
              {
                "name": "tags",
                "type": "text[]",
                "nullable": true
              }
            ]
          }
        ],
        "ingest_size": {
          "class": "large",
          "sizing": {
            "requests": {
              "cpu_millis": 1000,
              "memory_bytes": 2147483648
            },
            "limits": {
              "cpu_millis": 4000,
              "memory_bytes": 4294967296
            }
          }
        },
        "merge_size": {
          "class": "small",
          "sizing": {
            "requests": {
              "cpu_millis": 100,
              "memory_bytes": 134217728
            },
            "limits": {
              "cpu_millis": 500,
              "memory_bytes": 268435456
            }
          }
        },
        "heartbeat_seconds": 20
      },
      "needed_by": [
        "reporting"
      ],
      "priority": "critical"
    }
    "#);
}

#[test]
fn cut_over_points_the_views_to_the_other_platform() {
    let release = released(&[
        ("platform: live\nstate: provisioned", "platform: live\nstate: decommissioning"),
        ("platform: history\nstate: provisioning", "platform: history\nstate: provisioned"),
    ]);
    let views = views(&release, "lab");
    assert!(views.contains(&"lab.trial__shop__customers = history/shop".to_owned()), "{views:?}");
    assert!(views.contains(&"lab__live.trial__shop__customers = live/shop".to_owned()));
}

#[test]
fn decommissioned_assignments_leave_nothing() {
    let release = released(&[
        ("platform: live\nstate: provisioned", "platform: live\nstate: decommissioned"),
        ("platform: history\nstate: provisioning", "platform: history\nstate: decommissioned"),
    ]);
    assert!(!views(&release, "lab").iter().any(|view| view.contains("trial")));
}

#[test]
fn files_and_documents_in_any_order_give_the_same_hash() {
    let hash = example().hash();
    let mut files = shop();
    files.reverse();
    for file in &mut files {
        let mut documents: Vec<&str> = file.text.split("\n---\n").collect();
        documents.reverse();
        file.text = documents.join("\n---\n");
    }
    assert_eq!(load(&files).unwrap().hash(), hash);
    let one = files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>().join("\n---\n");
    assert_eq!(load(&[crate::ModelFile::new("all.yaml", one)]).unwrap().hash(), hash);
}

#[test]
fn order_of_columns_is_kept_and_counts() {
    let swapped = released(&[(
        "      shop_no: smallint\n      customer: {type: bigint, formerly: [customer_id]}\n",
        "      customer: {type: bigint, formerly: [customer_id]}\n      shop_no: smallint\n",
    )]);
    assert_ne!(swapped.hash(), example().hash());
}

#[test]
fn comments_and_descriptions_change_nothing() {
    let commented = released(&[("description: a shop", "# hello\ndescription: another shop")]);
    assert_eq!(commented.hash(), example().hash());
}

#[test]
fn release_survives_json() {
    let release = example();
    let json = serde_json::to_string(&release).unwrap();
    let read: Release = serde_json::from_str(&json).unwrap();
    assert_eq!(read, release);
    assert_eq!(read.hash(), release.hash());
}

#[test]
fn job_has_the_highest_priority_downstream() {
    let release = example();
    let priority = |stream| release.job(&stream).unwrap().priority;
    assert_eq!(priority(StreamId::multi("live", "shop")), Priority::Critical);
    assert_eq!(priority(StreamId::single("history", "crm", "visits")), Priority::Medium);
}

#[test]
fn renamed_store_and_platform_keep_all_earlier_ids() {
    let release = released(&[("name: visits", "name: visits\nformerly: [calls]")]);
    let job = release.job(&StreamId::single("history", "crm", "visits")).unwrap();
    let ids: Vec<String> = job.stream.formerly.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(ids.join(" "), @"history/crm/calls history/salesforce/calls history/salesforce/visits past/crm/calls past/crm/visits past/salesforce/calls past/salesforce/visits");
}

#[test]
fn sizes_come_from_the_most_particular_level() {
    let release = example();
    let sizes = |stream: StreamId| {
        let spec = &release.job(&stream).unwrap().stream;
        format!(
            "{stream}: ingest {} ({}), merge {} ({})",
            spec.ingest_size.class,
            spec.ingest_size.sizing,
            spec.merge_size.class,
            spec.merge_size.sizing
        )
    };
    let lines = [
        sizes(StreamId::multi("live", "shop")),
        sizes(StreamId::multi("history", "shop")),
        sizes(StreamId::single("live", "crm", "contacts")),
        sizes(StreamId::single("history", "crm", "visits")),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    live/shop: ingest small (requests 100m/128Mi, limits 500m/256Mi), merge small (requests 100m/128Mi, limits 500m/256Mi)
    history/shop: ingest small (requests 100m/128Mi, limits 500m/256Mi), merge medium (requests 100m/128Mi, limits 500m/512Mi)
    live/crm/contacts: ingest large (requests 1/2Gi, limits 4/4Gi), merge small (requests 100m/128Mi, limits 500m/256Mi)
    history/crm/visits: ingest medium (requests 500m/1Gi, limits 2/2Gi), merge medium (requests 100m/128Mi, limits 500m/512Mi)
    "#);
}

#[test]
fn schedule_of_a_dataset_overrides_that_of_its_store() {
    let release = example();
    let schedule = |stream| release.job(&stream).unwrap().stream.schedule.clone();
    assert_eq!(
        schedule(StreamId::single("live", "crm", "contacts")),
        Schedule::Every { seconds: 30 }
    );
    let cron = Schedule::Cron {
        expression: "*/5 * * * *".to_owned(),
        timezone: "Europe/Zurich".to_owned(),
    };
    assert_eq!(schedule(StreamId::single("history", "crm", "visits")), cron);
}

#[test]
fn history_views_exist_on_platforms_with_history_only() {
    for workspace in example().workspaces {
        for view in workspace.views.iter().filter(|view| view.shows == Shows::History) {
            assert_eq!(view.stream.platform(), "history");
            assert!(view.view.name.ends_with("__history"));
        }
    }
    assert_eq!(example().platforms["history"].style, Style::Milestoned);
}

#[test]
fn long_names_are_shortened_and_stay_apart() {
    let long = "c".repeat(60);
    let release = released(&[
        ("  customers:\n", &format!("  {long}:\n")),
        ("[shop:customers, shop:orders, crm", &format!("[shop:{long}, shop:orders, crm")),
        ("[shop:customers, crm", &format!("[shop:{long}, crm")),
        ("    sinks: [shop:customers]\n", "    sinks: [shop:orders]\n"),
    ]);
    let names = release.workspaces.iter().flat_map(|w| &w.views).map(|view| &view.view);
    assert!(names.clone().all(|view| view.name.len() <= 63));
    let distinct: std::collections::BTreeSet<_> = names.clone().collect();
    assert_eq!(distinct.len(), names.count());
}

#[test]
fn example_of_the_tests_is_shown_in_one_piece() {
    assert!(load(&shop_with(&[])).is_ok());
}
