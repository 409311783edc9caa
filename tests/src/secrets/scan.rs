//! Looks for secrets in everything that a life of Teal leaves behind.

use std::fs;

use prost::Message as _;
use sqlx::AssertSqlSafe;
use teal_temporal::{Retry, Settings, Temporal};
use temporalio_client::tonic::IntoRequest as _;
use temporalio_common::protos::temporal::api::{
    common::v1::WorkflowExecution,
    workflowservice::v1::{
        DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest,
        ListWorkflowExecutionsRequest,
    },
};

use crate::testkit::{Db, temporal_address};

/// What was found where, by name of the place; and the secrets, by name.
#[derive(Default)]
pub(super) struct Scan {
    places: Vec<(String, String)>,
    secrets: Vec<(&'static str, String)>,
}

impl Scan {
    /// Looks for this one too. A key of several lines is looked for by its longest line.
    pub(super) fn secret(&mut self, name: &'static str, text: &str) {
        let line = text.lines().max_by_key(|line| line.len()).expect("a secret");
        self.secrets.push((name, line.to_owned()));
    }

    /// Looks here too.
    pub(super) fn place(&mut self, name: impl Into<String>, bytes: impl AsRef<[u8]>) {
        let text = String::from_utf8_lossy(bytes.as_ref()).into_owned();
        self.places.push((name.into(), text));
    }

    /// Whether a place of such a name holds this text, so that a test sees what it looked at.
    pub(super) fn holds(&self, place: &str, text: &str) -> bool {
        self.places.iter().any(|(name, held)| name.starts_with(place) && held.contains(text))
    }

    /// Histories with all payloads, memos, search attributes and summaries of workflows whose id
    /// holds `name`. Answers how many there are.
    pub(super) async fn histories(&mut self, name: &str) -> usize {
        let settings = Settings::from_environment(Some(&temporal_address()), Some("default"));
        let temporal = Temporal::connect(&settings.unwrap(), Retry::WORKER).await.unwrap();
        let mut service = temporal.client().connection().workflow_service();
        let namespace = || "default".to_owned();
        let list = ListWorkflowExecutionsRequest {
            namespace: namespace(),
            page_size: 1000,
            ..Default::default()
        };
        let listed = service.list_workflow_executions(list.into_request()).await.unwrap();
        let runs = listed
            .into_inner()
            .executions
            .into_iter()
            .filter_map(|info| info.execution.filter(|run| run.workflow_id.contains(name)));
        let runs: Vec<WorkflowExecution> = runs.collect();
        for run in &runs {
            let mut next_page_token = Vec::new();
            loop {
                let page = GetWorkflowExecutionHistoryRequest {
                    namespace: namespace(),
                    execution: Some(run.clone()),
                    next_page_token,
                    ..Default::default()
                };
                let page = service.get_workflow_execution_history(page.into_request()).await;
                let page = page.unwrap().into_inner();
                self.place(format!("history of {}", run.workflow_id), page.encode_to_vec());
                next_page_token = page.next_page_token;
                if next_page_token.is_empty() {
                    break;
                }
            }
            let about = DescribeWorkflowExecutionRequest {
                namespace: namespace(),
                execution: Some(run.clone()),
            };
            let about = service.describe_workflow_execution(about.into_request()).await.unwrap();
            let about = about.into_inner().encode_to_vec();
            self.place(format!("description of {}", run.workflow_id), about);
        }
        runs.len()
    }

    /// All tables of the catalog and the ledger as text. Answers how many there are.
    pub(super) async fn catalog(&mut self, db: &Db) -> usize {
        let tables = db
            .rows(
                "select format('%I.%I', schemaname, tablename) from pg_tables
                   where schemaname in ('teal', 'teal_staging')",
            )
            .await;
        for table in &tables {
            let text = format!("select coalesce(string_agg(t::text, e'\\n'), '') from {table} t");
            let rows: String =
                sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&db.pool).await.unwrap();
            self.place(format!("table {table}"), rows);
        }
        tables.len()
    }

    /// What the server shows of everybody's statements.
    pub(super) async fn activity(&mut self, name: &str, db: &Db) {
        let rows = db.rows("select application_name, query from pg_stat_activity").await;
        self.place(format!("pg_stat_activity of the {name}"), rows.join("\n"));
    }

    /// Command lines of all processes of this machine.
    pub(super) fn processes(&mut self) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if !line.is_empty() {
                self.place(format!("command line of {}", entry.path().display()), line);
            }
        }
    }

    /// Panics where a secret stands somewhere.
    pub(super) fn assert_clean(&self) {
        let mut faults = Vec::new();
        for (place, text) in &self.places {
            for (name, secret) in &self.secrets {
                if text.contains(secret) {
                    faults.push(format!("{name} stands in: {place}"));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
#[should_panic(expected = "the password stands in: a log")]
fn a_scan_finds_what_it_is_told_to_look_for() {
    let mut scan = Scan::default();
    scan.secret("the password", "hunter2");
    scan.place("a clean place", "hunter");
    scan.place("a log", "login as me:hunter2 refused");
    scan.assert_clean();
}
