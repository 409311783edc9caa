//! Streams for engine tests: a catalog, its streams as `apply` would leave them, and whole batches.

use std::sync::Arc;

use sqlx::{PgPool, types::Json};
use teal_activities::{Io, catalog, pulse::Still, stream};
use teal_model::{
    Result, StreamId,
    release::{ColumnSpec, DatasetSpec, MaxDelete, StreamSpec, Style, TableName},
    schedule::Schedule,
    sizing::{JobSize, Sizing},
};
use teal_proto::v1::{
    IngestReport, IngestRequest, MergeReport, MergeRequest, NoteRequest, ReconcileRequest,
};

use crate::testkit::Bench;

/// A source, a merge store with a catalog.
pub(super) struct World {
    pub(super) bench: Bench,
}

/// One reconciled stream.
pub(super) struct Stream {
    pub(super) io: Arc<Io>,
    pub(super) spec: StreamSpec,
    pub(super) id: i64,
    pool: PgPool,
}

impl World {
    pub(super) async fn new(test: &str) -> Self {
        Self::over(Bench::new(test).await).await
    }

    /// Over databases of any server.
    pub(super) async fn over(bench: Bench) -> Self {
        catalog::migrate(&bench.merge.pool).await.unwrap();
        Self { bench }
    }

    /// A stream `<platform>/shop` over all `datasets`; the platform's name is that of the style.
    pub(super) async fn stream(&self, style: Style, datasets: &[DatasetSpec]) -> Stream {
        self.stream_on(style.as_str(), style, datasets).await
    }

    /// As [`World::stream`], for a platform of some name.
    pub(super) async fn stream_on(
        &self,
        platform: &str,
        style: Style,
        datasets: &[DatasetSpec],
    ) -> Stream {
        let size = JobSize { class: "small".into(), sizing: Sizing::default() };
        let mut datasets = datasets.to_vec();
        for dataset in &mut datasets {
            platform.clone_into(&mut dataset.table.schema);
        }
        let spec = StreamSpec {
            id: StreamId::multi(platform, "shop"),
            formerly: Vec::new(),
            team: "retail/online".into(),
            services: "main".into(),
            style,
            source: self.bench.source_endpoint(),
            merge: self.bench.merge_endpoint(),
            schedule: Schedule::Every { seconds: 60 },
            max_delete: MaxDelete::default(),
            datasets,
            ingest_size: size.clone(),
            merge_size: size,
            heartbeat_seconds: 30,
        };
        let pool = self.bench.merge.pool.clone();
        let id = enter(&pool, &spec).await;
        let stream = Stream { io: Arc::clone(&self.bench.io), spec, id, pool };
        stream.reconcile().await;
        stream
    }
}

async fn enter(pool: &PgPool, spec: &StreamSpec) -> i64 {
    sqlx::query_scalar(
        "insert into teal.stream (name, config, config_hash, ingest_class, merge_class,
             ingest_request_cpu, ingest_request_memory, ingest_limit_cpu, ingest_limit_memory,
             merge_request_cpu, merge_request_memory, merge_limit_cpu, merge_limit_memory)
         values ($1, $2, $3, 'small', 'small', 0, 0, 0, 0, 0, 0, 0, 0) returning id",
    )
    .bind(spec.id.to_string())
    .bind(Json(spec))
    .bind(spec.hash())
    .fetch_one(pool)
    .await
    .unwrap()
}

impl Stream {
    async fn reconcile(&self) {
        let request =
            ReconcileRequest { stream: self.spec.id.to_string(), config_hash: self.spec.hash() };
        stream::reconcile(&self.io, &request, &Still::default()).await.unwrap();
    }

    pub(super) async fn ingest(&self) -> Result<IngestReport> {
        self.ingest_with(&self.io).await
    }

    pub(super) async fn ingest_with(&self, io: &Io) -> Result<IngestReport> {
        let request = IngestRequest {
            stream: self.spec.id.to_string(),
            config_hash: self.spec.hash(),
            accept_deletes: false,
            ..IngestRequest::default()
        };
        stream::ingest(io, &request, &Still::default()).await
    }

    pub(super) fn order(&self, ingested: &IngestReport) -> MergeRequest {
        MergeRequest {
            stream: self.spec.id.to_string(),
            batch: ingested.batch,
            epoch: ingested.epoch,
            accept_deletes: false,
            ..MergeRequest::default()
        }
    }

    pub(super) async fn merge(&self, ingested: &IngestReport) -> Result<MergeReport> {
        self.merge_order(&self.order(ingested)).await
    }

    pub(super) async fn merge_order(&self, order: &MergeRequest) -> Result<MergeReport> {
        stream::merge(&self.io, order, &Still::default()).await
    }

    /// A whole batch.
    pub(super) async fn batch(&self) -> MergeReport {
        let ingested = self.ingest().await.unwrap();
        self.merge(&ingested).await.unwrap()
    }

    /// A whole batch as `(batch, inserted, updated, deleted, unchanged)`.
    pub(super) async fn counts(&self) -> (u32, u64, u64, u64, u64) {
        let report = self.batch().await;
        (report.batch, report.inserted, report.updated, report.deleted, report.unchanged)
    }

    /// Gives the open batch up, as the workflow does after a failure that a retry cannot mend.
    pub(super) async fn abandon(&self) {
        let request = NoteRequest {
            stream: self.spec.id.to_string(),
            state: "failing".into(),
            abandon_open_batch: true,
            ..NoteRequest::default()
        };
        stream::note(&self.io, &request).await.unwrap();
    }

    /// The next batch reads everything.
    pub(super) async fn forget_digests(&self) {
        sqlx::query(
            "delete from teal.digest where merge_table_id in
             (select id from teal.merge_table where stream_id = $1)",
        )
        .bind(self.id)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// Tables of staging that exist for this stream.
    pub(super) async fn staging(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select c.relname::text from pg_class c
             where c.relnamespace = 'teal_staging'::regnamespace and c.relkind = 'r'
             and split_part(substr(c.relname, 2), '_', 1)
                 in (select id::text from teal.merge_table where stream_id = $1) order by 1",
        )
        .bind(self.id)
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }
}

/// A dataset `public.<name>` → `<platform>.shop__<name>`; a type that ends in `?` may be NULL.
pub(super) fn dataset(name: &str, key: &[&str], columns: &[(&str, &str)]) -> DatasetSpec {
    let column = |(name, column_type): &(&str, &str)| ColumnSpec {
        name: (*name).to_owned(),
        source: None,
        formerly: Vec::new(),
        column_type: column_type.trim_end_matches('?').parse().unwrap(),
        nullable: column_type.ends_with('?'),
    };
    DatasetSpec {
        name: name.to_owned(),
        formerly: Vec::new(),
        source: TableName { schema: "public".into(), name: name.into() },
        table: TableName { schema: String::new(), name: format!("shop__{name}") },
        key: key.iter().map(|&column| column.to_owned()).collect(),
        columns: columns.iter().map(column).collect(),
    }
}

/// The table of the golden scripts.
pub(super) fn people() -> DatasetSpec {
    dataset(
        "people",
        &["id"],
        &[
            ("id", "integer"),
            ("first_name", "varchar(30)"),
            ("last_name", "varchar(30)"),
            ("dob", "date"),
            ("employer", "text?"),
            ("dod", "date?"),
        ],
    )
}

/// Its definition at the source.
pub(super) const PEOPLE: &str = "create table people (id integer primary key,
    first_name varchar(30) not null, last_name varchar(30) not null, dob date not null,
    employer text, dod date)";
