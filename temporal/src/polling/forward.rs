//! Requests of a worker, handed on one by one.

use std::sync::Arc;

use futures::future::BoxFuture;
use prost::Message;
use temporalio_client::{
    Connection,
    callback_based::{CallbackBasedGrpcService, GrpcRequest, GrpcSuccessResponse},
    grpc::WorkflowService,
    tonic::{Extensions, Request, Response, Status, metadata::MetadataMap},
};

use super::taken;

/// The only service that workers speak to.
const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// A service that answers by what `wire` answers, and tells of workflows what was taken up.
pub(super) fn over(wire: Connection) -> CallbackBasedGrpcService {
    let callback = move |request| -> BoxFuture<'static, _> {
        Box::pin(forward(wire.workflow_service(), request))
    };
    CallbackBasedGrpcService { callback: Arc::new(callback) }
}

/// What a worker of SDK 1.1.1 asks for, by the names of `temporalio-sdk-core`'s `worker/client.rs`
/// and, at connecting, of `temporalio-client`.
async fn forward(
    mut service: Box<dyn WorkflowService>,
    request: GrpcRequest,
) -> Result<GrpcSuccessResponse, Status> {
    macro_rules! through {
        ($method:ident) => {
            through!($method, |_answer| {})
        };
        ($method:ident, $change:expr) => {
            call(request, |typed| service.$method(typed), $change).await
        };
    }
    if request.service != SERVICE {
        return Err(unknown(&request));
    }
    match request.rpc.as_str() {
        "PollWorkflowTaskQueue" => through!(poll_workflow_task_queue, taken::of_task),
        "GetWorkflowExecutionHistory" => {
            through!(get_workflow_execution_history, taken::of_page)
        }
        "DescribeNamespace" => through!(describe_namespace),
        "GetSystemInfo" => through!(get_system_info),
        "PollActivityTaskQueue" => through!(poll_activity_task_queue),
        "PollNexusTaskQueue" => through!(poll_nexus_task_queue),
        "RecordActivityTaskHeartbeat" => through!(record_activity_task_heartbeat),
        "RecordWorkerHeartbeat" => through!(record_worker_heartbeat),
        "RespondActivityTaskCanceled" => through!(respond_activity_task_canceled),
        "RespondActivityTaskCompleted" => through!(respond_activity_task_completed),
        "RespondActivityTaskFailed" => through!(respond_activity_task_failed),
        "RespondNexusTaskCompleted" => through!(respond_nexus_task_completed),
        "RespondNexusTaskFailed" => through!(respond_nexus_task_failed),
        "RespondQueryTaskCompleted" => through!(respond_query_task_completed),
        "RespondWorkflowTaskCompleted" => through!(respond_workflow_task_completed),
        "RespondWorkflowTaskFailed" => through!(respond_workflow_task_failed),
        "ShutdownWorker" => through!(shutdown_worker),
        _ => Err(unknown(&request)),
    }
}

fn unknown(request: &GrpcRequest) -> Status {
    let name = format!("{}/{}", request.service, request.rpc);
    tracing::warn!(%name, "a worker's request that Teal does not hand on");
    Status::unimplemented(format!("{name} is not handed on"))
}

/// Sends one request with its headers (deadline, namespace), and changes what comes back.
async fn call<'a, Q, A>(
    request: GrpcRequest,
    send: impl FnOnce(Request<Q>) -> BoxFuture<'a, Result<Response<A>, Status>>,
    change: impl FnOnce(&mut A),
) -> Result<GrpcSuccessResponse, Status>
where
    Q: Message + Default,
    A: Message,
{
    let message = Q::decode(request.proto).map_err(|e| Status::internal(e.to_string()))?;
    let metadata = MetadataMap::from_headers(request.headers);
    let mut answer =
        send(Request::from_parts(metadata, Extensions::default(), message)).await?.into_inner();
    change(&mut answer);
    // its headers speak of a body that is no longer the same
    Ok(GrpcSuccessResponse { headers: Default::default(), proto: answer.encode_to_vec() })
}
