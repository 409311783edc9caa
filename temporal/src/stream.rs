//! Starting, asking and watching the workflow of a stream.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use teal_failpoint::{self as failpoint, Boundary};
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::{Ask, Reply, StreamInput, StreamStatus};
use temporalio_client::{
    Client, UntypedQuery, UntypedUpdate, UntypedWorkflow, UntypedWorkflowHandle,
    WorkflowDescribeOptions, WorkflowExecuteUpdateOptions, WorkflowExecutionStatus,
    WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowQueryOptions, WorkflowStartOptions,
    errors::WorkflowStartError,
};
use temporalio_common::{
    MemoValues,
    data_converters::{PayloadConverter, RawValue},
};

use crate::{Temporal, code, names, options, rpc};

/// Longest wait for the answer of a query: a worker replays the workflow for it, no more.
const QUERY_WAIT: Duration = Duration::from_secs(10);

/// What [`Temporal::ensure_stream`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// There was no open workflow; one was started.
    Started,
    /// It was open already, and is ours.
    AlreadyOpen,
}

impl Temporal {
    /// Makes sure that exactly one open workflow runs for this stream. `summary`: one line for the
    /// Temporal UI.
    ///
    /// # Errors
    /// `TEMPORAL0007` when the open one belongs to another catalog; else those of any call.
    pub async fn ensure_stream(
        &self,
        stream: &StreamId,
        services: &str,
        catalog_uid: &str,
        summary: &str,
    ) -> Result<Ensured> {
        let id = stream.workflow_id();
        let input = StreamInput {
            stream: stream.to_string(),
            services: services.to_owned(),
            catalog_uid: catalog_uid.to_owned(),
            carry: None,
        };
        let started =
            self.start(names::STREAM, &id, services, catalog_uid, summary, &input).await?;
        if started {
            return Ok(Ensured::Started);
        }
        self.check_owner(&id, catalog_uid).await?;
        Ok(Ensured::AlreadyOpen)
    }

    /// Sends an update ([`names::PAUSE`], …) and waits for its answer, at most `wait`.
    ///
    /// # Errors
    /// `TEMPORAL0004` no such workflow, `TEMPORAL0005` refused with its reason, `TEMPORAL0006`
    /// nobody answered within `wait`; else those of any call.
    pub async fn update(
        &self,
        workflow_id: &str,
        verb: &str,
        ask: &Ask,
        wait: Duration,
    ) -> Result<Reply> {
        let handle = self.handle(workflow_id);
        #[expect(clippy::disallowed_methods, reason = "the one place that sends updates")]
        let asking = handle.execute_update(
            UntypedUpdate::new(verb),
            raw(ask),
            WorkflowExecuteUpdateOptions::default(),
        );
        let asking = async {
            match tokio::time::timeout(wait, asking).await {
                Err(_elapsed) => Err(Error::new(code::TEMPORAL0006).with("verb", verb)),
                Ok(Err(error)) => Err(rpc::update_failed(verb, &error)),
                Ok(Ok(answer)) => read(answer),
            }
        };
        let answer = failpoint::around(Boundary::WorkflowUpdate, asking).await;
        answer.map_err(|error| error.with("workflow", workflow_id))
    }

    /// Asks a stream's workflow how it is. Needs a worker; `teal status` reads the catalog instead.
    ///
    /// # Errors
    /// `TEMPORAL0004`, `TEMPORAL0006`; else those of any call.
    pub async fn status(&self, workflow_id: &str) -> Result<StreamStatus> {
        self.query(workflow_id).await
    }

    /// Whether an open workflow with this id exists.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn is_open(&self, workflow_id: &str) -> Result<bool> {
        let described = self.handle(workflow_id).describe(WorkflowDescribeOptions::default()).await;
        match described {
            Ok(description) => Ok(description.status() == WorkflowExecutionStatus::Running),
            Err(error) => match crate::close::lost(&error) {
                error if error.code() == code::TEMPORAL0004 => Ok(false),
                error => Err(error),
            },
        }
    }

    /// The query `status` of any workflow of Teal.
    pub(crate) async fn query<T: DeserializeOwned>(&self, workflow_id: &str) -> Result<T> {
        let handle = self.handle(workflow_id);
        let asking = handle.query(
            UntypedQuery::new(names::STATUS),
            RawValue::new(Vec::new()),
            WorkflowQueryOptions::default(),
        );
        match tokio::time::timeout(QUERY_WAIT, asking).await {
            Err(_elapsed) => Err(Error::new(code::TEMPORAL0006)),
            Ok(Err(error)) => Err(rpc::query_failed(&error)),
            Ok(Ok(answer)) => read(answer),
        }
        .map_err(|error| error.with("workflow", workflow_id))
    }

    /// Starts a workflow; false when one with this id is open already.
    pub(crate) async fn start<T: Serialize + Sync>(
        &self,
        workflow: &str,
        id: &str,
        services: &str,
        catalog_uid: &str,
        summary: &str,
        input: &T,
    ) -> Result<bool> {
        let mut memo = MemoValues::new();
        memo.insert(names::MEMO_CATALOG, catalog_uid.to_owned());
        let start = WorkflowStartOptions::new(names::workflows_queue(services), id)
            // `UseExisting` would answer the same for a new and for an open workflow; a conflict is
            // told apart, so that the open one's owner is checked before it is adopted
            .id_conflict_policy(WorkflowIdConflictPolicy::Fail)
            .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
            .memo(memo)
            .static_summary(options::cut(summary.to_owned()))
            .build();
        #[expect(clippy::disallowed_methods, reason = "the one place that starts workflows")]
        let starting =
            self.client.start_workflow(UntypedWorkflow::new(workflow), raw(input), start);
        failpoint::around(Boundary::WorkflowStart, async {
            match starting.await {
                Ok(_handle) => Ok(true),
                Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(false),
                Err(WorkflowStartError::Rpc(status)) => {
                    Err(rpc::failed("starting a workflow", &status).with("workflow", id))
                }
                Err(other) => Err(Error::new(code::TEMPORAL0008)
                    .with("workflow", id)
                    .caused_by(other.to_string())),
            }
        })
        .await
    }

    /// Refuses a workflow whose memo names another catalog.
    ///
    /// # Errors
    /// `TEMPORAL0007`; `TEMPORAL0004` when there never was one; else those of any call.
    pub async fn check_owner(&self, id: &str, catalog_uid: &str) -> Result<()> {
        let description = self
            .handle(id)
            .describe(WorkflowDescribeOptions::default())
            .await
            .map_err(|error| crate::close::lost(&error).with("workflow", id))?;
        let owner = description.memo().get::<String>(names::MEMO_CATALOG).ok().flatten();
        if owner.as_deref() == Some(catalog_uid) {
            return Ok(());
        }
        Err(Error::new(code::TEMPORAL0007)
            .with("workflow", id)
            .with("namespace", self.namespace())
            .with("its_catalog", owner.as_deref().unwrap_or("none"))
            .with("our_catalog", catalog_uid))
    }

    pub(crate) fn handle(&self, workflow_id: &str) -> UntypedWorkflowHandle<Client> {
        self.client.get_workflow_handle::<UntypedWorkflow>(workflow_id)
    }
}

/// The one JSON payload that Teal's messages travel in.
pub(crate) fn raw<T: Serialize>(message: &T) -> RawValue {
    match serde_json::to_value(message) {
        Ok(json) => RawValue::from_value(&json, &PayloadConverter::default()),
        Err(_no_message_fails) => RawValue::empty(),
    }
}

/// Reads an answer; unknown fields are ignored, missing ones have their default.
pub(crate) fn read<T: DeserializeOwned>(answer: RawValue) -> Result<T> {
    let data = answer.payloads.into_iter().next().unwrap_or_default().data;
    serde_json::from_slice(&data)
        .map_err(|error| Error::new(code::TEMPORAL0009).caused_by(error.to_string()))
}
