//! One table at the source, and the streams that load it.

use std::str::FromStr;

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions, types::Json};
use teal_activities::{Io, catalog, pulse::Still, stream};
use teal_model::{
    StreamId,
    release::{ColumnSpec, DatasetSpec, MaxDelete, PostgresEndpoint, StreamSpec, Style, TableName},
    schedule::Schedule,
    sizing::{JobSize, Sizing},
};
use teal_proto::v1::{IngestRequest, MergeReport, MergeRequest, ReconcileRequest};

use crate::{Outcome, servers::Servers};

/// Twelve columns of mixed types, about 180 bytes a row.
const COLUMNS: &[(&str, &str, &str, bool)] = &[
    ("id", "bigint", "bigint", false),
    ("customer", "integer", "integer", false),
    ("kind", "smallint", "smallint", false),
    ("amount", "numeric(18,4)", "decimal(18,4)", false),
    ("rate", "double precision", "double", false),
    ("name", "varchar(40)", "varchar(40)", false),
    ("note", "text", "text", true),
    ("paid", "boolean", "boolean", false),
    ("day", "date", "date", false),
    ("at", "timestamp", "timestamp", false),
    ("seen", "timestamptz", "timestamptz", false),
    ("extra", "jsonb", "jsonb", true),
];

pub(crate) struct Stage<'a> {
    servers: &'a Servers,
    io: Io,
}

impl<'a> Stage<'a> {
    /// `rows` rows at the source, a migrated catalog.
    pub(crate) async fn set_up(servers: &'a Servers, rows: u64) -> Outcome<Self> {
        let stage = Self { servers, io: servers.io()? };
        catalog::migrate(stage.io.control()).await?;
        stage.fill(rows).await?;
        Ok(stage)
    }

    pub(crate) fn source_url(&self) -> String {
        self.servers.stack.source_url()
    }

    pub(crate) fn merge_url(&self) -> String {
        self.servers.stack.merge_url()
    }

    async fn fill(&self, rows: u64) -> Outcome {
        self.servers.at_source(&format!("create table facts {}", self.columns())).await?;
        let insert = format!(
            "insert into facts select g, g % 100000, g % 100, g / 7.0, g / 3.0, 'customer ' || g,
                 md5(g::text), g % 2 = 0, date '2020-01-01' + (g % 1000)::int,
                 timestamp '2020-01-01' + g * interval '1 s', timestamptz '2024-01-01 00:00Z',
                 case when g % 5 = 0 then jsonb_build_object('a', g, 'b', 'text') end
             from generate_series(1, {rows}) g"
        );
        self.servers.at_source(&insert).await?;
        self.servers.at_source("alter table facts add primary key (id)").await?;
        self.servers.at_source("vacuum analyze facts").await?;
        self.servers.at_source("checkpoint").await
    }

    /// Definition of the table's columns.
    pub(crate) fn columns(&self) -> String {
        let columns: Vec<String> = COLUMNS
            .iter()
            .map(|(name, pg, _, nullable)| {
                format!("{name} {pg}{}", if *nullable { "" } else { " not null" })
            })
            .collect();
        format!("({})", columns.join(", "))
    }

    pub(crate) async fn merge_sql(&self, statement: &str) -> Outcome {
        self.servers.at_merge(statement).await
    }

    /// Changes some rows of the source, spread over the table.
    pub(crate) async fn change(&self, rows: u64) -> Outcome {
        let change = format!(
            "update facts set amount = amount + 1 where id in
             (select id from facts order by md5(id::text) limit {rows})"
        );
        self.servers.at_source(&change).await
    }

    /// A new stream and its first batch. The table of the round before goes.
    pub(crate) async fn first_load(&self, round: u32, style: Style) -> Outcome {
        let spec = self.spec(round, style)?;
        self.enter(&spec).await?;
        let request = ReconcileRequest { stream: spec.id.to_string(), config_hash: spec.hash() };
        stream::reconcile(&self.io, &request, &Still::default()).await?;
        self.batch(round).await.map(|_report| ())
    }

    /// One batch of the round's stream.
    pub(crate) async fn batch(&self, round: u32) -> Outcome<MergeReport> {
        let spec = self.spec(round, Style::Live)?;
        let request = IngestRequest {
            stream: spec.id.to_string(),
            config_hash: spec.hash(),
            accept_deletes: false,
            ..IngestRequest::default()
        };
        let ingested = stream::ingest(&self.io, &request, &Still::default()).await?;
        let request = MergeRequest {
            stream: spec.id.to_string(),
            batch: ingested.batch,
            epoch: ingested.epoch,
            accept_deletes: false,
            ..MergeRequest::default()
        };
        Ok(stream::merge(&self.io, &request, &Still::default()).await?)
    }

    /// As an apply would enter it; on a connection of its own, as those of the engine write only
    /// where it commits.
    async fn enter(&self, spec: &StreamSpec) -> Outcome {
        let mut connection = PgConnection::connect(&self.merge_url()).await?;
        sqlx::query(
            "insert into teal.stream (name, config, config_hash, ingest_class, merge_class,
                 ingest_request_cpu, ingest_request_memory, ingest_limit_cpu, ingest_limit_memory,
                 merge_request_cpu, merge_request_memory, merge_limit_cpu, merge_limit_memory)
             values ($1, $2, $3, 'small', 'small', 0, 0, 0, 0, 0, 0, 0, 0)",
        )
        .bind(spec.id.to_string())
        .bind(Json(spec))
        .bind(spec.hash())
        .execute(&mut connection)
        .await?;
        connection.close().await?;
        Ok(())
    }

    fn spec(&self, round: u32, style: Style) -> Outcome<StreamSpec> {
        let platform = format!("round{round}");
        let size = JobSize { class: "small".into(), sizing: Sizing::default() };
        let column = |(name, _, neutral, nullable): &(&str, &str, &str, bool)| {
            Ok(ColumnSpec {
                name: (*name).to_owned(),
                source: None,
                formerly: Vec::new(),
                column_type: neutral.parse().map_err(|_bad| "a column type")?,
                nullable: *nullable,
            })
        };
        let columns: Outcome<Vec<ColumnSpec>> = COLUMNS.iter().map(column).collect();
        let facts = DatasetSpec {
            name: "facts".into(),
            formerly: Vec::new(),
            source: TableName { schema: "public".into(), name: "facts".into() },
            table: TableName { schema: platform.clone(), name: "shop__facts".into() },
            key: vec!["id".into()],
            columns: columns?,
        };
        Ok(StreamSpec {
            id: StreamId::multi(&platform, "shop"),
            formerly: Vec::new(),
            team: "bench/bench".into(),
            services: "main".into(),
            style,
            source: endpoint(&self.source_url(), "source")?,
            merge: endpoint(&self.merge_url(), "merge")?,
            schedule: Schedule::Every { seconds: 60 },
            max_delete: MaxDelete::default(),
            datasets: vec![facts],
            ingest_size: size.clone(),
            merge_size: size,
            heartbeat_seconds: 30,
        })
    }
}

fn endpoint(url: &str, credential: &str) -> Outcome<PostgresEndpoint> {
    let options = PgConnectOptions::from_str(url)?;
    Ok(PostgresEndpoint {
        host: options.get_host().to_owned(),
        port: options.get_port(),
        database: options.get_database().unwrap_or_default().to_owned(),
        credential: credential.to_owned(),
        user: None,
        tls: None,
        max_sessions: 4,
    })
}
