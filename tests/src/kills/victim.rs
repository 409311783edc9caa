//! Who may be killed.

use std::{fmt, time::Duration};

use rand::{
    Rng,
    distr::{Distribution, StandardUniform},
};

/// Something that dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    /// A worker's process: SIGKILL.
    Worker,
    /// A command that applies a model: SIGKILL.
    Apply,
    /// A worker's process: SIGSTOP, and SIGCONT when others went on without it.
    Sleeper,
    /// A session of Teal at the source: terminated, or SIGKILL, which ends all sessions of its server.
    SourceSession,
    /// As [`Self::SourceSession`], at the merge store.
    MergeSession,
    /// The source's server: SIGKILL of the postmaster or of all its processes, or immediate shutdown.
    SourceServer,
    /// As [`Self::SourceServer`], of the merge store.
    MergeServer,
    /// Temporal's server: SIGKILL.
    Temporal,
}

/// Each with its share of a hundred.
const SHARES: [(Victim, u32); 8] = [
    (Victim::Worker, 23),
    (Victim::Apply, 10),
    (Victim::Sleeper, 5),
    (Victim::SourceSession, 15),
    (Victim::MergeSession, 17),
    (Victim::SourceServer, 9),
    (Victim::MergeServer, 12),
    (Victim::Temporal, 9),
];

impl Victim {
    /// The server of the stack that it is.
    pub(super) const fn server(self) -> Option<&'static str> {
        match self {
            Self::SourceServer => Some("source"),
            Self::MergeServer => Some("merge"),
            Self::Temporal => Some("temporal"),
            Self::Worker
            | Self::Apply
            | Self::Sleeper
            | Self::SourceSession
            | Self::MergeSession => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Worker => "workers",
            Self::Apply => "commands that apply a model",
            Self::Sleeper => "workers put to sleep for longer than their heartbeat",
            Self::SourceSession => "sessions at the source",
            Self::MergeSession => "sessions at the merge store",
            Self::SourceServer => "source servers",
            Self::MergeServer => "merge servers",
            Self::Temporal => "Temporal servers",
        }
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One kill, drawn before it is known what is there to be killed: a seed always gives the same ones.
#[derive(Debug, Clone)]
pub(super) struct Blow {
    /// Since everything was healthy.
    pub(super) pause: Duration,
    pub(super) victim: Victim,
    /// Which one, and how.
    pub(super) number: usize,
}

impl Distribution<Blow> for StandardUniform {
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> Blow {
        let mut place = random.random_range(0..SHARES.iter().map(|(_, share)| share).sum());
        let at = |(victim, share): &(Victim, u32)| {
            let here = place < *share;
            place = place.saturating_sub(*share);
            here.then_some(*victim)
        };
        Blow {
            pause: Duration::from_millis(random.random_range(200..2000)),
            victim: SHARES.iter().find_map(at).unwrap_or(Victim::Worker),
            number: usize::from(random.random::<u8>()),
        }
    }
}
