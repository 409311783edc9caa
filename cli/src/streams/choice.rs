//! Which streams a verb is for.

use teal_activities::catalog::status::{self, Filter};
use teal_model::{Error, Result, StreamId};

use crate::{code, session::Session};

/// Streams by name, by pattern, by owner.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Choice {
    /// Streams (live/shop, live/shop/orders), platforms (live), or patterns with * ('live/*')
    #[arg(
        value_name = "STREAM",
        required_unless_present_any = ["team", "platform", "store"],
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    streams: Vec<String>,
    /// Only streams of this team, `zone/team` or `zone`
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
    /// Only streams of this platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Only streams of this store
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

/// The streams that were chosen, each once.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    /// Sorted by name, never empty.
    pub(crate) streams: Vec<StreamId>,
    /// Whether exactly one was named in full: its answer is told without a table.
    pub(crate) single: bool,
}

impl Choice {
    /// Looks the streams up in the catalog. Every name and pattern has to meet at least one.
    ///
    /// # Errors
    /// `CLI0010` naming what met none.
    pub(crate) async fn look_up(&self, session: &Session) -> Result<Chosen> {
        let mut streams = Vec::new();
        for pattern in &self.streams {
            let found = self.matching(session, vec![pattern.clone()]).await?;
            if found.is_empty() {
                return Err(self.nothing(Some(pattern)));
            }
            streams.extend(found);
        }
        if self.streams.is_empty() {
            streams = self.matching(session, Vec::new()).await?;
        }
        streams.sort_unstable_by_key(ToString::to_string);
        streams.dedup();
        match streams.as_slice() {
            [] => Err(self.nothing(None)),
            [only] => {
                let single = self.streams == [only.to_string()];
                Ok(Chosen { streams, single })
            }
            _ => Ok(Chosen { streams, single: false }),
        }
    }

    async fn matching(&self, session: &Session, streams: Vec<String>) -> Result<Vec<StreamId>> {
        let filter = Filter {
            streams,
            team: self.team.clone(),
            platform: self.platform.clone(),
            store: self.store.clone(),
            states: Vec::new(),
        };
        status::names(session.io.control(), &filter).await
    }

    fn nothing(&self, pattern: Option<&str>) -> Error {
        let mut error = Error::new(code::CLI0010);
        if let Some(pattern) = pattern {
            error = error.with("stream", pattern);
        }
        let filters = [("team", &self.team), ("platform", &self.platform), ("store", &self.store)];
        for (name, value) in filters {
            if let Some(value) = value {
                error = error.with(name, value);
            }
        }
        error
    }
}
