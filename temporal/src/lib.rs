//! The only wrapper around the Temporal client: connect with retry, option presets, typed calls.
//!
//! | module | holds |
//! |---|---|
//! | [`names`] | names of workflow types, updates, queries, ids: the contract with hand-typed commands |
//! | [`settings`] | [`Settings`] from the environment and `temporal.toml`, TLS and keys included |
//! | [`connect`] | [`Temporal::connect`] with a retry budget |
//! | `stream` | start, ask and watch the workflow of a stream |
//! | `apply` | start and watch the workflow of an apply |
//! | `polling` | the connection that workers poll on |
//! | [`presence`] | is a worker polling? |
//! | [`look`] | is the workflow of a stream open, and what does it wait for? |
//! | [`search`] | search attributes for the Temporal UI; a namespace without them degrades |
//! | [`server`] | version, namespace, clock |
//! | [`options`] | timeouts of activities, each with its reason |
//!
//! Read first: [`Temporal`], the connected client that all calls hang on.
#![warn(missing_docs)]

pub mod code;
pub mod connect;
pub mod look;
pub mod names;
pub mod options;
pub mod presence;
pub mod search;
pub mod server;
pub mod settings;

mod apply;
mod close;
mod polling;
mod rpc;
mod stream;

pub use apply::ApplyStart;
pub use close::{Closed, teal_failure};
pub use connect::{Retry, Temporal};
pub use look::Seen;
pub use presence::Presence;
pub use settings::{Renewal, Settings};
pub use stream::Ensured;
pub use temporalio_client::Client;
