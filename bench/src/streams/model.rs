//! The model of the many streams, and their tables.

use std::fmt::Write;

use crate::{Outcome, servers::Servers};

/// Rows of each table.
const ROWS: u32 = 100;

const HEAD: &str = r#"kind: Ecosystem
name: bench
---
kind: Zone
name: bench
---
kind: Team
name: bench/bench
---
kind: PlatformServices
name: main
merge: {postgres: {host: 127.0.0.1, port: MERGE_PORT, database: merge}, credential: merge_rw}
temporal: {namespace: default}
credentials: {env: {}}
classes:
  small: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}, slots: 20}
defaults: {ingest: small, merge: small, transform: small}
---
kind: Platform
name: live
services: main
style: live
---
kind: Datastore
name: shop
team: bench/bench
source: {postgres: {host: 127.0.0.1, port: SOURCE_PORT, database: source}, credential: source_reader}
ingest: {snapshot: {}}
streams: single
schedule: {every: PERIODs}
datasets:
"#;

/// The model as YAML: one dataset, and so one stream, for each table, due every so many seconds.
pub(crate) fn model(servers: &Servers, streams: u32, every: u32) -> Outcome<String> {
    let mut text = HEAD
        .replace("PERIOD", &every.to_string())
        .replace("MERGE_PORT", &servers.stack.merge_port().to_string())
        .replace("SOURCE_PORT", &servers.stack.source_port().to_string());
    for number in 0..streams {
        writeln!(
            text,
            "  {name}: {{table: public.{name}, key: [id], columns: {{id: integer, v: text}}}}",
            name = table(number)
        )?;
    }
    text.push_str("---\nkind: Workspace\nname: reporting\nteam: bench/bench\ngroups:\n  all:\n");
    text.push_str("    needs: {history: none}\n    sinks:\n");
    for number in 0..streams {
        writeln!(text, "    - shop:{}", table(number))?;
    }
    Ok(text)
}

/// Statements that create the tables.
pub(crate) fn tables(streams: u32) -> String {
    let one = |number| {
        let name = table(number);
        format!(
            "create table {name} (id integer primary key, v text not null);
             insert into {name} select g, 'row ' || g from generate_series(1, {ROWS}) g;\n"
        )
    };
    let grant = "grant select on all tables in schema public to source_reader".to_owned();
    (0..streams).map(one).chain([grant]).collect()
}

/// Changes one row of one table.
pub(crate) fn change(number: u32) -> String {
    let name = table(number);
    format!("update {name} set v = 'row at ' || clock_timestamp() where id = 1 + {number} % {ROWS}")
}

fn table(number: u32) -> String {
    format!("t{number:04}")
}
