//! Exit codes, the same for every command.

use std::process::ExitCode;

/// How a run of `teal` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the request cannot be met: an invalid model, a failed check, a server that is away.
    Failed,
    /// 2: `plan --detailed-exitcode` found changes.
    Changes,
    /// 64: wrong usage (`EX_USAGE` of BSD's sysexits).
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::Usage => 64,
        })
    }
}
