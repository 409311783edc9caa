//! Codes of what a workflow finds by itself. One per situation; a number is never reused.

use teal_model::error::{Code, Kind};

/// Heartbeat time-out.
pub const WORK0001: Code = Code::new(
    "WORK0001",
    Kind::Transient,
    "the worker fell silent",
    "it died, was stopped, or its machine is overloaded; another one takes the batch up again",
);
/// Start-to-close time-out.
pub const WORK0002: Code = Code::new(
    "WORK0002",
    Kind::Transient,
    "the activity took longer than it may",
    "the limit follows from the estimated size; look at the source and at the merge store for what is slow",
);
/// Cancelled from outside.
pub const WORK0003: Code = Code::new(
    "WORK0003",
    Kind::Transient,
    "the activity was cancelled",
    "nothing was committed; the stream takes the batch up again by itself",
);
/// An answer that this version of the workflow cannot read.
pub const WORK0004: Code = Code::new(
    "WORK0004",
    Kind::Bug,
    "the answer of an activity cannot be read",
    "workers of different versions run side by side: update all of them",
);
/// A failure without Teal's details.
pub const WORK0005: Code = Code::new(
    "WORK0005",
    Kind::Transient,
    "the activity ended without an answer of its own",
    "the worker was stopped in the middle, or crashed (see its log); it is tried again",
);
