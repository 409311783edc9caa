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

impl Exit {
    /// All of them, for the table of the documentation.
    pub const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Changes, Self::Usage];

    /// The number that the shell sees.
    pub const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Usage => 64,
        }
    }

    /// What it tells, one line.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => {
                "done; also `--help`, `--version`, and output that a closed pipe cut short"
            }
            Self::Failed => {
                "the request cannot be met: an invalid model, a failed check, a server that is away, \
                 a refused or interrupted verb"
            }
            Self::Changes => {
                "`plan` or `discover` with `--detailed-exitcode`: there is something to do"
            }
            Self::Usage => {
                "wrong usage: a word or an option that does not exist, a missing argument"
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
