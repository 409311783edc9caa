//! Requests of a worker, handed on one by one.

use std::{error::Error as _, sync::Arc};

use futures::future::BoxFuture;
use prost::Message;
use temporalio_client::{
    Connection,
    callback_based::{CallbackBasedGrpcService, GrpcRequest, GrpcSuccessResponse},
    grpc::WorkflowService,
    tonic::{
        Code, Extensions, Request, Response, Status, TimeoutExpired, metadata::MetadataMap,
        transport,
    },
};

use super::question;

/// The only service that workers speak to.
const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// A service that answers by what `wire` answers, and asks of a workflow what tasks have taken up.
/// It knows what a worker asks for, no more: an activity's client cannot ask it for anything else.
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
        ($method:ident) => {{
            let typed = read(request)?;
            answered(service.$method(typed).await)
        }};
    }
    if request.service != SERVICE {
        return Err(unknown(&request));
    }
    match request.rpc.as_str() {
        "PollWorkflowTaskQueue" => answered(question::poll(&mut *service, read(request)?).await),
        "DescribeNamespace" => through!(describe_namespace),
        "GetSystemInfo" => through!(get_system_info),
        "GetWorkflowExecutionHistory" => through!(get_workflow_execution_history),
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

/// The request with its headers: deadline and namespace.
fn read<Q: Message + Default>(request: GrpcRequest) -> Result<Request<Q>, Status> {
    let message = Q::decode(request.proto).map_err(|error| Status::internal(error.to_string()))?;
    let metadata = MetadataMap::from_headers(request.headers);
    Ok(Request::from_parts(metadata, Extensions::default(), message))
}

/// The answer without its headers, which speak of a body that is no longer the same.
fn answered<A: Message>(
    answer: Result<Response<A>, Status>,
) -> Result<GrpcSuccessResponse, Status> {
    match answer {
        Ok(answer) => {
            let proto = answer.into_inner().encode_to_vec();
            Ok(GrpcSuccessResponse { headers: Default::default(), proto })
        }
        Err(status) if lost_on_its_way(&status) => Err(Status::unavailable(status.message())),
        Err(status) => Err(status),
    }
}

/// Whether the connection ended under the request. The SDK tries such a request again, which it knows
/// by the causes of its status (`retry.rs`); they do not get through here, but for their code.
fn lost_on_its_way(status: &Status) -> bool {
    let cause = status.source().and_then(|cause| cause.downcast_ref::<transport::Error>());
    let is_late = |cause: &transport::Error| {
        cause.source().is_some_and(<dyn std::error::Error>::is::<TimeoutExpired>)
    };
    status.code() == Code::Cancelled && cause.is_some_and(|cause| !is_late(cause))
}
