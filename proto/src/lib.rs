//! Inputs and results of workflows, activities, updates and queries.
//!
//! The types are generated from `proto/teal/v1/*.proto`; their serde form is protobuf JSON with the
//! proto's field names, so the Temporal UI and CLI show and accept them as plain JSON. Unknown and
//! missing fields are tolerated: a newer or a hand-typed message never wedges a workflow.
#![warn(missing_docs)]

/// Version 1 of all messages.
#[allow(
    missing_docs,
    unused_qualifications,
    rustdoc::invalid_html_tags,
    clippy::use_self,
    clippy::uninlined_format_args,
    clippy::match_wildcard_for_single_variants,
    clippy::enum_glob_use,
    clippy::cloned_instead_of_copied,
    clippy::large_types_passed_by_value,
    clippy::semicolon_if_nothing_returned,
    clippy::or_fun_call,
    clippy::allow_attributes_without_reason,
    clippy::all,
    reason = "generated code; the meaning of each field stands in the .proto files"
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/teal.v1.rs"));
    include!(concat!(env!("OUT_DIR"), "/teal.v1.serde.rs"));
}

mod failure;
