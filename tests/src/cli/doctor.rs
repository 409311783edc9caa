//! The first day with roles that may do nothing: the doctor's statements, and nothing else, make it
//! work; on the oldest and on the newest server.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Desk, desk::NOWHERE};
use crate::testkit::{Credentials, Db, merge_db, model, newest_db, source_db, temporal_address};

/// Rounds of `teal doctor` and its statements: without CONNECT it cannot see that a table hides rows.
const ROUNDS: usize = 2;

/// Two databases and two roles that may log in and nothing else, with names that need quotes.
struct Clinic {
    desk: Desk,
    source: Db,
    merge: Db,
    reader: String,
    writer: String,
    member: String,
    workspace: String,
    _credentials: Credentials,
}

impl Clinic {
    async fn new(source: Db, merge: Db) -> Self {
        // Roles belong to the whole server.
        let own = merge.name.rsplit('_').next().unwrap_or_default().to_owned();
        let (reader, writer) = (format!("Read \"er\" {own}"), format!("teal writer {own}"));
        let (member, workspace) = (format!("analyst-{own}"), format!("w{own}"));
        for db in [&source, &merge] {
            for role in [
                &reader,
                &writer,
                &member,
                &format!("teal_{workspace}_reader"),
                &format!("teal_{workspace}_old_reader"),
                &format!("teal_{workspace}_new_reader"),
            ] {
                db.run(&format!("drop role if exists {}", quoted(role))).await;
            }
        }
        source.run(&SOURCE.replace("DATABASE", &source.name)).await;
        source.run(&login(&reader)).await;
        merge.run(&format!("revoke all on database \"{}\" from public", merge.name)).await;
        merge.run(&login(&writer)).await;
        // Somebody else made the role of one workspace before.
        merge.run(&format!("create role teal_{workspace}_old_reader nologin")).await;
        let credentials = Credentials::new(&[]);
        credentials.set("source", &reader, Some(PASSWORD));
        credentials.set("merge", &writer, Some(PASSWORD));
        let mut desk = Desk::new();
        let at = merge.endpoint("");
        let user = writer.replace(' ', "%20");
        let (host, port, database) = (&at.host, at.port, &at.database);
        let catalog = format!("postgres://{user}:{PASSWORD}@{host}:{port}/{database}");
        desk.set("TEAL_CATALOG", &catalog);
        let clinic = Self {
            desk,
            source,
            merge,
            reader,
            writer,
            member,
            workspace,
            _credentials: credentials,
        };
        clinic.write_model(&format!("{MODEL}{OLD}"));
        clinic
    }

    /// Writes the model, with its names filled in.
    fn write_model(&self, model: &str) {
        let dir = self._credentials.dir();
        let preamble = model::preamble("clinic", "clinic", &self.merge.endpoint("merge"), &dir);
        let model = model
            .replace("SOURCE", &model::place(&self.source.endpoint("")))
            .replace("MEMBER", &self.member)
            .replace("WS", &self.workspace);
        let model = format!("{preamble}{model}");
        self.desk.write("model/model.yaml", &model);
    }

    /// What the doctor says, with Temporal in reach.
    fn doctor(&mut self) -> (i32, Value) {
        self.desk.set("TEMPORAL_ADDRESS", &temporal_address());
        let output = self.desk.command(&["doctor", "-o", "json"]).output().expect("the binary");
        self.desk.set("TEMPORAL_ADDRESS", NOWHERE);
        let said = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_slice(&output.stdout);
        (output.status.code().unwrap_or(-1), report.unwrap_or_else(|bad| panic!("{bad}: {said}")))
    }

    /// Runs each printed statement where it says, as a superuser of the server.
    async fn run_scripts(&self, report: &Value) -> Vec<String> {
        let mut ran = Vec::new();
        for script in report["scripts"].as_array().expect("scripts") {
            let port = script["port"].as_u64().expect("a port");
            let servers = [&self.source, &self.merge];
            let server = servers.iter().find(|db| u64::from(db.endpoint("").port) == port);
            let database = script["database"].as_str().expect("a database");
            let options = server.expect("a known server").options().database(database);
            let mut connection = PgConnection::connect_with(&options).await.expect("a superuser");
            for statement in script["statements"].as_array().expect("statements") {
                let statement = statement.as_str().expect("a text").to_owned();
                sqlx::raw_sql(AssertSqlSafe(statement.clone()))
                    .execute(&mut connection)
                    .await
                    .unwrap_or_else(|error| panic!("{error} in: {statement}"));
                ran.push(self.general(&statement));
            }
            connection.close().await.ok();
        }
        ran
    }

    /// The text without names that differ between runs.
    fn general(&self, text: &str) -> String {
        let own = self.workspace.trim_start_matches('w');
        text.replace(&self.source.name, "[source]")
            .replace(&self.merge.name, "[merge]")
            .replace(own, "1")
    }

    fn succeeds(&self, words: &[&str]) -> String {
        let shown = self.desk.teal(words);
        assert!(shown.starts_with("exit: 0\n"), "{words:?}: {shown}");
        shown
    }

    /// Takes away what belongs to the whole server.
    async fn end(self) {
        let reads = format!("teal_{}_reader", self.workspace);
        for (db, role) in [
            (&self.merge, &reads),
            (&self.merge, &self.member),
            (&self.merge, &self.writer),
            (&self.source, &self.reader),
        ] {
            let role = quoted(role);
            db.run(&format!("drop owned by {role} cascade; drop role {role}")).await;
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn login(role: &str) -> String {
    format!("create role {} login password '{PASSWORD}'", quoted(role))
}

const PASSWORD: &str = "first-day";

/// Nothing of it is open to everybody.
const SOURCE: &str = r#"
    revoke all on database "DATABASE" from public;
    create schema "Sales Data";
    create table "Sales Data"."Order Items" (id bigint primary key, "Price" numeric(10,2));
    create table public.people (id bigint primary key, name text not null);
    create table public.secrets (id bigint primary key, owner text not null);
    alter table public.secrets enable row level security;
    insert into "Sales Data"."Order Items" values (1, 9.99), (2, null);
    insert into public.people values (1, 'Ada');
    insert into public.secrets values (1, 'Bob');
    revoke all on schema public from public;"#;

const MODEL: &str = "\
kind: Platform
name: live
services: clinic
style: live
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: SOURCE, credential: source}
ingest: {snapshot: {}}
streams: multi
schedule: external
datasets:
  items:
    table: {schema: Sales Data, name: Order Items}
    key: [id]
    columns:
      id: bigint
      price: {type: 'decimal(10,2)', source: Price, nullable: true}
  people:
    table: public.people
    key: [id]
    columns: {id: bigint, name: text}
  secrets:
    table: public.secrets
    key: [id]
    columns: {id: bigint, owner: text}
---
kind: Workspace
name: WS
team: retail/online
readers: [MEMBER]
groups:
  core: {needs: {history: none}, sinks: [shop:items, shop:people]}
";

/// Another consumer, whose role somebody else made before.
const OLD: &str = "\
---
kind: Workspace
name: WS_old
team: retail/online
readers: [MEMBER]
groups:
  core: {needs: {history: none}, sinks: [shop:secrets]}
";

/// Names and findings of what failed.
fn failures(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks").iter();
    let failed = checks.filter(|check| check["verdict"] == "fail");
    failed.map(|check| format!("{}: {}", check["name"], check["found"])).collect()
}

/// From two locked databases to rows that a consumer reads, a change of roles, and the end.
async fn first_day(source: Db, merge: Db) -> Vec<String> {
    let mut clinic = Clinic::new(source, merge).await;
    let mut ran = Vec::new();
    for _round in 0..ROUNDS {
        let (code, report) = clinic.doctor();
        assert_eq!((code, &report["healthy"]), (1, &false.into()), "{report:#}");
        ran.extend(clinic.run_scripts(&report).await);
    }
    let (code, report) = clinic.doctor();
    assert_eq!(failures(&report), Vec::<String>::new());
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["scripts"].as_array().map(Vec::len), Some(0), "{report:#}");

    clinic.succeeds(&["plan"]);
    clinic.succeeds(&["apply", "--local"]);
    let moved = clinic.succeeds(&["run", "live/shop", "--local"]);
    assert!(moved.contains("batch 1: +4 ~0 −0"), "{moved}");
    let read = format!(
        "set role {}; select * from {}.core__shop__items; select * from {1}_old.core__shop__secrets;
         select * from {1}._status",
        quoted(&clinic.member),
        clinic.workspace
    );
    clinic.merge.run(&format!("{read}; reset role")).await;

    // Roles are renamed, get other members and go.
    let alone = MODEL.replace("readers: [MEMBER]\n", "");
    let renamed = OLD.replace("name: WS_old\n", "name: WS_new\nformerly: [WS_old]\n");
    clinic.write_model(&format!("{alone}{renamed}"));
    clinic.succeeds(&["apply", "--local", "--yes"]);
    clinic.succeeds(&["run", "live/shop", "--local"]);
    let plan = clinic.desk.teal(&["plan", "--detailed-exitcode"]);
    assert!(plan.starts_with("exit: 0\n"), "{plan}");
    clinic.write_model(&alone);
    clinic.succeeds(&["apply", "--local", "--yes"]);
    let left = clinic.merge.rows("select rolname from pg_roles where rolname like 'teal_w%'").await;
    let own: Vec<String> = left
        .iter()
        .filter(|role| role.contains(&clinic.workspace))
        .map(|r| clinic.general(r))
        .collect();
    assert_eq!(own, ["teal_w1_reader"]);
    clinic.end().await;
    ran
}

#[tokio::test]
async fn the_printed_statements_are_all_that_the_oldest_merge_store_needs() {
    let test = "the_printed_statements_are_all_that_15_needs";
    let ran = first_day(source_db(test).await, merge_db(test).await).await;
    insta::assert_snapshot!(ran.join("\n"));
}

#[tokio::test]
async fn the_printed_statements_are_all_that_the_newest_server_needs() {
    let test = "the_printed_statements_are_all_that_18_needs";
    let source = newest_db(&format!("{test}_source")).await;
    let ran = first_day(source, newest_db(test).await).await;
    insta::assert_snapshot!(ran.join("\n"));
}
