//! Codes of what a workflow finds by itself. One per situation; a number is never reused.

teal_model::codes! {
    /// Heartbeat time-out.
    WORK0001: Transient, "the worker fell silent",
        "it died, was stopped, or its machine is overloaded; another one takes the batch up again";
    /// Start-to-close time-out.
    WORK0002: Transient, "the activity took longer than it may",
        "the limit follows from the estimated size; look at the source and at the merge store for \
         what is slow";
    /// Cancelled from outside.
    WORK0003: Transient, "the activity was cancelled",
        "nothing was committed; the stream takes the batch up again by itself";
    /// An answer that this version of the workflow cannot read.
    WORK0004: Bug, "the answer of an activity cannot be read",
        "workers of different versions run side by side: update all of them";
    /// A failure without Teal's details.
    WORK0005: Transient, "the activity ended without an answer of its own",
        "the worker was stopped in the middle, or crashed (see its log); it is tried again";
}
