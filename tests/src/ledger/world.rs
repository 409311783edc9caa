//! One stream in a fresh catalog, with tables as reconcile would leave them.

use sqlx::{PgConnection, types::Json};
use teal_activities::{
    catalog::{
        self,
        ledger::{self, Attempt, Begun, IngestedMark, Merged, Opened, Staged, StagedDataset},
    },
    pg::Ident,
};
use teal_model::{
    StreamId,
    release::{ColumnSpec, DatasetSpec, MaxDelete, StreamSpec, Style, TableName},
    schedule::Schedule,
    sizing::JobSize,
};
use teal_proto::v1::{IngestRequest, LoadReport, LoadRequest, MergeReport};

use crate::testkit::Bench;

pub(super) struct World {
    pub(super) bench: Bench,
    pub(super) spec: StreamSpec,
    pub(super) stream_id: i64,
}

pub(super) const STREAM: &str = "live/shop";

impl World {
    /// The stream `live/shop` with the datasets `orders` and `people`, reconciled.
    pub(super) async fn new(test: &str) -> Self {
        let bench = Bench::new(test).await;
        catalog::migrate(&bench.merge.pool).await.unwrap();
        let spec = spec(&bench);
        let stream_id = sqlx::query_scalar(
            "insert into teal.stream (name, config, config_hash, ingest_class, merge_class,
                 ingest_request_cpu, ingest_request_memory, ingest_limit_cpu, ingest_limit_memory,
                 merge_request_cpu, merge_request_memory, merge_limit_cpu, merge_limit_memory)
             values ($1, $2, $3, 'small', 'small', 0, 0, 0, 0, 0, 0, 0, 0) returning id",
        )
        .bind(spec.id.to_string())
        .bind(Json(&spec))
        .bind(spec.hash())
        .fetch_one(&bench.merge.pool)
        .await
        .unwrap();
        let world = Self { bench, spec, stream_id };
        world.reconcile().await;
        world
    }

    async fn reconcile(&self) {
        let mut transaction = self.bench.merge.pool.begin().await.unwrap();
        let taken =
            ledger::take_over(&mut transaction, &self.spec.id, self.stream_id).await.unwrap();
        for dataset in &self.spec.datasets {
            sqlx::query(
                "insert into teal.merge_table (stream_id, dataset, schema_name, table_name, style, layout)
                 values ($1, $2, $3, $4, 'live', $5)",
            )
            .bind(self.stream_id)
            .bind(&dataset.name)
            .bind(&dataset.table.schema)
            .bind(&dataset.table.name)
            .bind(Json(dataset))
            .execute(&mut *transaction)
            .await
            .unwrap();
        }
        let hash = self.spec.hash();
        ledger::set_reconciled(&mut transaction, self.stream_id, taken.epoch, &hash, 1)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    pub(super) fn request(&self) -> IngestRequest {
        IngestRequest {
            stream: STREAM.to_owned(),
            config_hash: self.spec.hash(),
            ..IngestRequest::default()
        }
    }

    pub(super) async fn begin(&self) -> teal_model::Result<Begun> {
        ledger::begin(&self.bench.io, &self.request()).await
    }

    /// Begins and expects work to do.
    pub(super) async fn attempt(&self) -> Attempt {
        match self.begin().await.unwrap() {
            Begun::Attempt(attempt) => *attempt,
            Begun::Ingested(mark) => panic!("batch {} is ingested already", mark.batch),
        }
    }

    /// Stages `rows` rows of each dataset and marks the batch.
    pub(super) async fn stage(
        &self,
        attempt: &Attempt,
        rows: u64,
    ) -> teal_model::Result<IngestedMark> {
        let mut datasets = Vec::new();
        for table in &attempt.tables {
            let name = table.staging_name(attempt.epoch);
            let staging = Ident::qualified(ledger::STAGING_SCHEMA, &name);
            self.bench
                .merge
                .run(&format!(
                    "create unlogged table {staging} (id bigint);
                     insert into {staging} select generate_series(1, {rows})"
                ))
                .await;
            datasets.push(StagedDataset {
                merge_table_id: table.id,
                staging: Some(name),
                first_load: !table.loaded,
                staged_rows: rows,
                staged_bytes: rows * 8,
                source_rows: rows,
                buckets: None,
                bucket_mask: 0,
                compares_rows: false,
            });
        }
        let mut connection = self.bench.merge.pool.acquire().await.unwrap();
        ledger::mark_ingested(&mut connection, attempt, self.staged(datasets)).await
    }

    pub(super) fn staged(&self, datasets: Vec<StagedDataset>) -> Staged {
        Staged {
            datasets,
            source_read_at_ms: 1_700_000_000_000,
            source_snapshot: Some("1:1:".to_owned()),
            source_position: None,
            duration_ms: 5,
        }
    }

    pub(super) async fn open(
        &self,
        connection: &mut PgConnection,
        mark: &IngestedMark,
    ) -> teal_model::Result<Opened> {
        ledger::open_commit(connection, &self.spec, self.stream_id, mark.batch, mark.epoch).await
    }

    /// Merges as if each staged row were a new key.
    pub(super) async fn merge(&self, mark: &IngestedMark) -> teal_model::Result<MergeReport> {
        self.merge_as(mark, |rows| (rows, 0)).await
    }

    /// Merges with counts of inserted and deleted keys for the staged rows of each dataset.
    pub(super) async fn merge_as(
        &self,
        mark: &IngestedMark,
        counts: fn(u64) -> (u64, u64),
    ) -> teal_model::Result<MergeReport> {
        let mut transaction = self.bench.merge.pool.begin().await.unwrap();
        let merging = match self.open(&mut transaction, mark).await? {
            Opened::Committed(report) => return Ok(report),
            Opened::Ready(merging) => merging,
        };
        let merged: Vec<Merged> = merging
            .datasets()
            .map(|(table, staged)| {
                let (inserted, deleted) = counts(staged.staged_rows);
                Merged { merge_table_id: table.id, inserted, updated: 0, deleted, unchanged: 0 }
            })
            .collect();
        let report = ledger::commit(&mut transaction, &self.spec, &merging, &merged, 7).await?;
        transaction.commit().await.unwrap();
        Ok(report)
    }

    /// A whole batch.
    pub(super) async fn batch(&self, rows: u64) -> MergeReport {
        let attempt = self.attempt().await;
        let mark = self.stage(&attempt, rows).await.unwrap();
        self.merge(&mark).await.unwrap()
    }

    pub(super) async fn load(&self, remembered_batch: u32) -> LoadReport {
        let request =
            LoadRequest { stream: STREAM.to_owned(), remembered_batch, ..LoadRequest::default() };
        teal_activities::stream::load(&self.bench.io, &request).await.unwrap()
    }

    pub(super) async fn rows(&self, query: &str) -> Vec<String> {
        self.bench.merge.rows(query).await
    }

    pub(super) async fn staging_tables(&self) -> Vec<String> {
        self.rows("select tablename from pg_tables where schemaname = 'teal_staging' order by 1")
            .await
    }
}

fn spec(bench: &Bench) -> StreamSpec {
    let size = JobSize { class: "small".into(), sizing: teal_model::sizing::Sizing::default() };
    StreamSpec {
        id: StreamId::multi("live", "shop"),
        formerly: Vec::new(),
        team: "retail/online".into(),
        services: "main".into(),
        style: Style::Live,
        source: bench.source_endpoint(),
        merge: bench.merge_endpoint(),
        schedule: Schedule::Every { seconds: 60 },
        max_delete: MaxDelete::default(),
        datasets: vec![dataset("orders"), dataset("people")],
        ingest_size: size.clone(),
        merge_size: size,
        heartbeat_seconds: 30,
    }
}

fn dataset(name: &str) -> DatasetSpec {
    DatasetSpec {
        name: name.into(),
        formerly: Vec::new(),
        source: TableName { schema: "public".into(), name: name.into() },
        table: TableName { schema: "live".into(), name: format!("shop__{name}") },
        key: vec!["id".into()],
        columns: vec![ColumnSpec {
            name: "id".into(),
            source: None,
            formerly: Vec::new(),
            column_type: "bigint".parse().unwrap(),
            nullable: false,
        }],
    }
}
