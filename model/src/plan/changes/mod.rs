//! What differs between two configurations, for a person: old → new, field by field.
//!
//! Here those of a stream; [`release_changes`]: what stands in the release alone.

mod release;

use super::{
    Field,
    tables::{TableChange, TableState, table_change},
};
use crate::{
    release::{ColumnSpec, DatasetSpec, MaxDelete, PostgresEndpoint, StreamSpec},
    schedule::Schedule,
    sizing::{
        JobSize,
        quantity::{format_bytes, format_cpu},
    },
};

pub use release::release_changes;

/// Differences between two configurations of one stream, in a fixed order.
pub fn stream_changes(old: &StreamSpec, new: &StreamSpec) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut note = |name: &str, old: String, new: String| {
        if old != new {
            fields.push(Field { name: name.to_owned(), old: Some(old), new: Some(new) });
        }
    };
    note("name", old.id.to_string(), new.id.to_string());
    note("team", old.team.clone(), new.team.clone());
    note("services", old.services.clone(), new.services.clone());
    for (side, old, new) in
        [("source", &old.source, &new.source), ("merge store", &old.merge, &new.merge)]
    {
        note(side, address(old), address(new));
        note(&format!("{side} credential"), old.credential.clone(), new.credential.clone());
        let user = |endpoint: &PostgresEndpoint| endpoint.user.clone().unwrap_or_default();
        note(&format!("{side} user"), user(old), user(new));
        note(&format!("{side} TLS"), tls(old), tls(new));
        let sessions = |endpoint: &PostgresEndpoint| endpoint.max_sessions.to_string();
        note(&format!("{side} sessions"), sessions(old), sessions(new));
    }
    note("schedule", schedule(&old.schedule), schedule(&new.schedule));
    note("max delete", max_delete(old.max_delete), max_delete(new.max_delete));
    for (activity, old, new) in [
        ("ingest", &old.ingest_size, &new.ingest_size),
        ("merge", &old.merge_size, &new.merge_size),
    ] {
        for ((name, old), (_, new)) in size(old).into_iter().zip(size(new)) {
            note(&format!("{activity} {name}"), old, new);
        }
    }
    let seconds = |value: u32| format!("{value} s");
    note("heartbeat", seconds(old.heartbeat_seconds), seconds(new.heartbeat_seconds));
    fields.extend(dataset_changes(&old.datasets, &new.datasets));
    if fields.is_empty() && old != new {
        // Such as a `formerly` that was cleaned up: nothing to see, yet the hash is another one.
        fields.push(Field { name: "notes on earlier names".into(), old: None, new: None });
    }
    fields
}

/// Schedule, classes and guard of a new stream.
pub fn stream_facts(spec: &StreamSpec) -> Vec<Field> {
    let fact = |name: &str, value: String| Field { name: name.into(), old: None, new: Some(value) };
    let mut facts = vec![
        fact("schedule", schedule(&spec.schedule)),
        fact("source", endpoint(&spec.source)),
        fact("max delete", max_delete(spec.max_delete)),
    ];
    for (activity, job) in [("ingest", &spec.ingest_size), ("merge", &spec.merge_size)] {
        facts.push(fact(&format!("{activity} class"), job.class.clone()));
        facts.push(fact(&format!("{activity} size"), job.sizing.to_string()));
    }
    facts
}

/// The dataset that a wanted one continues: of the same name, else of an earlier one that is no
/// other wanted dataset's name.
pub fn dataset_before<'a>(
    wanted: &DatasetSpec,
    all_wanted: &[DatasetSpec],
    in_place: &'a [DatasetSpec],
) -> Option<&'a DatasetSpec> {
    let named = |name: &str| in_place.iter().find(|dataset| dataset.name == name);
    named(&wanted.name).or_else(|| {
        let earlier = wanted.formerly.iter();
        earlier
            .filter(|name| all_wanted.iter().all(|other| other.name != **name))
            .find_map(|name| named(name))
    })
}

fn dataset_changes(old: &[DatasetSpec], new: &[DatasetSpec]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut continued = Vec::new();
    for dataset in new {
        match dataset_before(dataset, new, old) {
            Some(before) => {
                continued.push(before.name.as_str());
                fields.extend(changes_of_one(before, dataset));
            }
            None => fields.push(Field {
                name: format!("dataset {}", dataset.name),
                old: None,
                new: Some(dataset.source.to_string()),
            }),
        }
    }
    for dataset in old.iter().filter(|dataset| !continued.contains(&dataset.name.as_str())) {
        fields.push(Field {
            name: format!("dataset {}", dataset.name),
            old: Some(dataset.source.to_string()),
            new: None,
        });
    }
    fields
}

fn changes_of_one(old: &DatasetSpec, new: &DatasetSpec) -> Vec<Field> {
    let mut fields = Vec::new();
    let name = &new.name;
    let mut note = |what: String, old: Option<String>, new: Option<String>| {
        if old != new {
            fields.push(Field { name: what, old, new });
        }
    };
    note("dataset".into(), Some(old.name.clone()), Some(name.clone()));
    note(format!("source of {name}"), Some(old.source.to_string()), Some(new.source.to_string()));
    note(format!("table of {name}"), Some(old.table.to_string()), Some(new.table.to_string()));
    note(format!("key of {name}"), Some(old.key.join(", ")), Some(new.key.join(", ")));
    let before = |column: &ColumnSpec| {
        old.columns.iter().find(|other| other.name == column.name).or_else(|| {
            old.columns.iter().find(|other| {
                column.formerly.contains(&other.name)
                    && new.columns.iter().all(|wanted| wanted.name != other.name)
            })
        })
    };
    for column in &new.columns {
        let what = format!("column {name}.{}", column.name);
        note(
            what,
            before(column).map(|c| column_text(c, column)),
            Some(column_text(column, column)),
        );
    }
    let kept: Vec<&str> =
        new.columns.iter().filter_map(before).map(|column| column.name.as_str()).collect();
    for column in old.columns.iter().filter(|column| !kept.contains(&column.name.as_str())) {
        note(format!("column {name}.{}", column.name), Some(column_text(column, column)), None);
    }
    fields
}

/// `varchar(80) null, from NAME`; with its name where that differs from `seen_as`.
fn column_text(column: &ColumnSpec, seen_as: &ColumnSpec) -> String {
    let mut text = String::new();
    if column.name != seen_as.name {
        text.push_str(&column.name);
        text.push(' ');
    }
    text.push_str(&column.column_type.to_string());
    if column.nullable {
        text.push_str(" null");
    }
    if let Some(source) = &column.source {
        text.push_str(", from ");
        text.push_str(source);
    }
    text
}

/// Whether the change of a configuration, from table to table, must give up the running batch.
pub fn interrupts(old: &StreamSpec, new: &StreamSpec) -> bool {
    old.source != new.source
        || old.merge != new.merge
        || old.id != new.id
        || old.datasets.len() != new.datasets.len()
        || new.datasets.iter().any(|dataset| {
            let Some(before) = dataset_before(dataset, &new.datasets, &old.datasets) else {
                return true;
            };
            let state = TableState { layout: before.clone(), retained: Vec::new() };
            before.name != dataset.name
                || before.source != dataset.source
                || !matches!(table_change(&state, dataset, new.style), TableChange::Same)
        })
}

fn endpoint(endpoint: &PostgresEndpoint) -> String {
    let mut text = format!(
        "{}:{}/{} as {}",
        endpoint.host, endpoint.port, endpoint.database, endpoint.credential
    );
    if let Some(user) = &endpoint.user {
        text.push_str(&format!(" ({user})"));
    }
    if let Some(tls) = &endpoint.tls {
        text.push_str(&format!(", TLS {}", tls.mode.as_str()));
        if let Some(ca) = &tls.ca {
            text.push_str(&format!(" by {ca}"));
        }
    }
    text.push_str(&format!(", at most {} sessions", endpoint.max_sessions));
    text
}

fn tls(endpoint: &PostgresEndpoint) -> String {
    let Some(tls) = &endpoint.tls else { return "not said".to_owned() };
    let by = tls.ca.as_ref().map_or_else(String::new, |ca| format!(" by {ca}"));
    format!("{}{by}", tls.mode.as_str())
}

fn address(endpoint: &PostgresEndpoint) -> String {
    format!("{}:{}/{}", endpoint.host, endpoint.port, endpoint.database)
}

fn schedule(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Every { seconds } if seconds % 3600 == 0 => format!("every {} h", seconds / 3600),
        Schedule::Every { seconds } if seconds % 60 == 0 => format!("every {} min", seconds / 60),
        Schedule::Every { seconds } => format!("every {seconds} s"),
        Schedule::Cron { expression, timezone } => format!("cron {expression} {timezone}"),
        Schedule::External => "external".to_owned(),
    }
}

fn max_delete(guard: MaxDelete) -> String {
    format!("{} % and {} rows", guard.percent, guard.rows)
}

/// Class and the four values.
fn size(job: &JobSize) -> [(&'static str, String); 5] {
    let (requests, limits) = (job.sizing.requests, job.sizing.limits);
    [
        ("class", job.class.clone()),
        ("requests cpu", format_cpu(requests.cpu_millis)),
        ("requests memory", format_bytes(requests.memory_bytes)),
        ("limits cpu", format_cpu(limits.cpu_millis)),
        ("limits memory", format_bytes(limits.memory_bytes)),
    ]
}
