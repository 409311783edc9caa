//! Ids and positions as types, so that a batch number never passes for a row count.

use std::{fmt, num::NonZeroU32, str::FromStr};

use serde::{Deserialize, Serialize};

/// Number of one batch of a stream. Starts at 1, grows by 1, never reused; committed numbers may
/// have gaps (a batch that failed keeps its number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(NonZeroU32);

impl BatchId {
    /// The first batch of every stream.
    pub const FIRST: Self = Self(NonZeroU32::MIN);
    /// `teal_batch_out` of a version that is still open (the largest 32-bit signed number).
    pub const OPEN: i32 = i32::MAX;

    /// `None` for 0 and for numbers that the 32-bit signed batch columns cannot hold.
    pub fn new(number: u32) -> Option<Self> {
        if i32::try_from(number).is_ok_and(|n| n < Self::OPEN) {
            NonZeroU32::new(number).map(Self)
        } else {
            None
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// As the `integer` columns hold it.
    pub fn as_i32(self) -> i32 {
        i32::try_from(self.0.get()).unwrap_or(Self::OPEN - 1)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Random 63-bit fencing number of one attempt at a batch. Compared by equality only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub i64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Human key of a stream: `<platform>/<store>` (a `multi` stream) or
/// `<platform>/<store>/<dataset>` (a `single` one).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId {
    platform: String,
    store: String,
    dataset: Option<String>,
}

impl StreamId {
    /// A stream of the whole store.
    pub fn multi(platform: &str, store: &str) -> Self {
        Self { platform: platform.to_owned(), store: store.to_owned(), dataset: None }
    }

    /// A stream of one dataset.
    pub fn single(platform: &str, store: &str, dataset: &str) -> Self {
        Self {
            platform: platform.to_owned(),
            store: store.to_owned(),
            dataset: Some(dataset.to_owned()),
        }
    }

    /// Name of its platform.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// Name of its datastore.
    pub fn store(&self) -> &str {
        &self.store
    }

    /// Name of its dataset, for a `single` stream.
    pub fn dataset(&self) -> Option<&str> {
        self.dataset.as_deref()
    }

    /// Id of its Temporal workflow: `stream/<platform>/<store>[/<dataset>]`.
    pub fn workflow_id(&self) -> String {
        format!("stream/{self}")
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform, self.store)?;
        self.dataset.as_ref().map_or(Ok(()), |dataset| write!(f, "/{dataset}"))
    }
}

/// A text that is not `<platform>/<store>[/<dataset>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadStreamId(String);

impl fmt::Display for BadStreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a stream: write <platform>/<store> or <platform>/<store>/<dataset>",
            self.0
        )
    }
}

impl std::error::Error for BadStreamId {}

impl FromStr for StreamId {
    type Err = BadStreamId;

    /// Reads the human key; a leading `stream/` (as the Temporal UI shows it) is accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.strip_prefix("stream/").unwrap_or(text).split('/').collect();
        match parts.as_slice() {
            [platform, store] if ![platform, store].iter().any(|p| p.is_empty()) => {
                Ok(Self::multi(platform, store))
            }
            [platform, store, dataset] if parts.iter().all(|p| !p.is_empty()) => {
                Ok(Self::single(platform, store, dataset))
            }
            _ => Err(BadStreamId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for StreamId {
    type Error = BadStreamId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<StreamId> for String {
    fn from(id: StreamId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_ids_survive_text() {
        for text in ["live/shop", "history/shop/orders"] {
            assert_eq!(text.parse::<StreamId>().unwrap().to_string(), text);
        }
        assert_eq!(
            "stream/live/shop".parse::<StreamId>().unwrap(),
            StreamId::multi("live", "shop")
        );
        for bad in ["live", "", "a//b", "a/b/c/d", "/b"] {
            assert!(bad.parse::<StreamId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn batch_numbers_fit_their_columns() {
        assert_eq!(BatchId::new(0), None);
        assert_eq!(BatchId::new(i32::MAX as u32), None);
        assert_eq!(BatchId::new(5).map(BatchId::as_i32), Some(5));
    }
}
