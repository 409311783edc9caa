//! Search attributes, by which Temporal's UI filters streams, and the namespace that holds them.
//!
//! A namespace without them degrades, it does not wedge: a workflow upserts them only when the
//! worker has seen all of them (`LoadReport.search_attributes`), as a refused upsert would fail the
//! workflow task for ever.

use std::collections::HashMap;

use teal_failpoint::{self as failpoint, Boundary};
use teal_model::Result;
use temporalio_client::tonic::IntoRequest as _;
use temporalio_common::protos::temporal::api::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{AddSearchAttributesRequest, ListSearchAttributesRequest},
};

use crate::{Temporal, rpc};

/// Platform of a stream.
pub const PLATFORM: &str = "TealPlatform";
/// Datastore of a stream.
pub const STORE: &str = "TealStore";
/// What the workflow is: `stream`, `apply`.
pub const KIND: &str = "TealKind";
/// State of a stream (`waiting`, `failing`, …).
pub const STATE: &str = "TealState";
/// Owner of the datastore, `zone/team`.
pub const TEAM: &str = "TealTeam";

/// All of them; each is of type Keyword.
pub const ALL: [&str; 5] = [PLATFORM, STORE, KIND, STATE, TEAM];

impl Temporal {
    /// Whether the namespace exists.
    ///
    /// # Errors
    /// `TEMPORAL0003` when it does not; else those of any call.
    pub async fn check_namespace(&self) -> Result<()> {
        self.namespace_facts().await.map(|_facts| ())
    }

    /// Registers Teal's search attributes where they are missing; running it again changes nothing.
    /// False, with a warning in the log, when the server does not let us: streams then run without.
    pub async fn ensure_search_attributes(&self) -> bool {
        let missing = match self.missing_search_attributes().await {
            Ok(missing) => missing,
            Err(error) => return self.without(&error),
        };
        if missing.is_empty() {
            return true;
        }
        let request = AddSearchAttributesRequest {
            search_attributes: missing
                .iter()
                .map(|name| ((*name).to_owned(), IndexedValueType::Keyword.into()))
                .collect(),
            namespace: self.namespace().to_owned(),
        };
        let mut service = self.client.connection().operator_service();
        let adding = failpoint::around(Boundary::WorkflowAttributes, async {
            let answer = service.add_search_attributes(request.into_request()).await;
            rpc::during("registering search attributes", answer)
        });
        if let Err(error) = adding.await {
            return self.without(&error);
        }
        // What the server accepted may not be there yet for its other parts: ask, do not assume.
        match self.missing_search_attributes().await {
            Ok(missing) => missing.is_empty(),
            Err(error) => self.without(&error),
        }
    }

    /// Those of [`ALL`] that the namespace does not know as Keyword.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn missing_search_attributes(&self) -> Result<Vec<&'static str>> {
        let request = ListSearchAttributesRequest { namespace: self.namespace().to_owned() };
        let mut service = self.client.connection().operator_service();
        let answer = service.list_search_attributes(request.into_request()).await;
        let known: HashMap<String, i32> =
            rpc::during("listing search attributes", answer)?.custom_attributes;
        let keyword = i32::from(IndexedValueType::Keyword);
        Ok(ALL.into_iter().filter(|name| known.get(*name) != Some(&keyword)).collect())
    }

    fn without(&self, error: &teal_model::Error) -> bool {
        tracing::warn!(
            namespace = self.namespace(),
            error = %error.one_line(),
            "streams run without search attributes; `temporal operator search-attribute create` adds them"
        );
        false
    }
}
