//! The worker: hosts workflows and activities on the task queues of a services stack.
//!
//! | module | holds | read first |
//! |---|---|---|
//! | [`config`] | what a worker is told | [`WorkerConfig`] |
//! | `run` | the life of the process: wait for a release, host, drain | [`run()`] |
//! | `host` | one release: its queues, slots, threads | |
//! | `register` | every activity and workflow, by name | |
//! | `bind` | the shell around each function of the engine: heartbeat, cancellation, failure | |
//! | [`engine`] | the functions of the engine as a table, real or scripted | [`engine::Engine`] |
//! | [`orchestrator`] | what `apply` needs of Temporal | [`TemporalOrchestrator`] |
//! | [`metrics`], `http` | `/metrics`, `/health/live`, `/health/ready` | [`metrics::names`] |
//! | [`logs`] | human or JSON | |

pub mod code;
pub mod config;
pub mod engine;
pub mod logs;
pub mod metrics;
pub mod orchestrator;

mod bind;
mod host;
mod http;
mod register;
mod release;
mod renewal;
mod run;
mod sampler;
mod versioning;

pub use config::{Classes, Deployment, WorkerConfig};
pub use host::{Hosting, Queue};
pub use orchestrator::TemporalOrchestrator;
pub use run::{run, until_signalled};
