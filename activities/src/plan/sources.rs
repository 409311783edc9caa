//! Sources: what the model wants and the live sources do not have.
//!
//! In: a release. Out: every difference of every dataset, each source asked once. The comparison is
//! that of the streams themselves (`source/postgres/contract`), so that what a plan lets pass is
//! what a batch can read. Read first: [`look`].

use std::{collections::BTreeMap, fmt};

use teal_model::{
    Error, Result,
    release::{DatasetSpec, PostgresEndpoint, Release, StreamSpec},
};

use super::{Draft, facts::Facts};
use crate::{
    Io, code,
    pg::Lifeline,
    source::{self, Difference, Subject, postgres},
};

/// One difference between a dataset of the model and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The store of the dataset.
    pub store: String,
    /// The dataset.
    pub dataset: String,
    /// What is different.
    pub difference: Difference,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.store, self.dataset, self.difference)
    }
}

/// Differences that a plan cannot get around: the cause of a `PLAN0020`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Those that an error of [`super::make`] was caused by.
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }
}

impl std::error::Error for Findings {}

impl fmt::Display for Findings {
    /// One line each, with what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            let lead = if index == 0 { "" } else { "\n" };
            write!(f, "{lead}{finding}: {}", finding.difference.help)?;
        }
        Ok(())
    }
}

/// What a look at all sources of a release found.
#[derive(Debug, Default)]
pub struct Look {
    /// Differences, by store and dataset.
    pub findings: Vec<Finding>,
    /// Sources (`host:port/database`) that could not be asked, and why.
    pub silent: Vec<(String, Error)>,
}

/// A dataset of a stream, as a source sees it.
type Wanted<'a> = (&'a StreamSpec, &'a DatasetSpec);

/// Compares all datasets of a release with their sources. Datasets for which `in_depth` is false
/// are compared without a look at their rows.
pub async fn look(
    io: &Io,
    release: &Release,
    in_depth: impl Fn(&StreamSpec, &DatasetSpec) -> bool,
) -> Look {
    let mut sources: BTreeMap<(String, &str), (&PostgresEndpoint, Vec<Wanted<'_>>)> =
        BTreeMap::new();
    for stream in release.jobs.iter().map(|job| &job.stream) {
        let endpoint = &stream.source;
        let key = (address(endpoint), endpoint.credential.as_str());
        let (_, datasets) = sources.entry(key).or_insert((endpoint, Vec::new()));
        for dataset in &stream.datasets {
            // Streams of two platforms read the same dataset.
            let same = |(other, known): &Wanted<'_>| {
                other.id.store() == stream.id.store() && known.name == dataset.name
            };
            if !datasets.iter().any(same) {
                datasets.push((stream, dataset));
            }
        }
    }
    let mut look = Look::default();
    for ((address, _), (endpoint, datasets)) in sources {
        match ask(io, endpoint, &datasets, &in_depth).await {
            Ok(differences) => {
                for ((stream, dataset), differences) in datasets.iter().zip(differences) {
                    look.findings
                        .extend(differences.into_iter().map(|d| found(stream, dataset, d)));
                }
            }
            Err(error) => {
                for (stream, dataset) in &datasets {
                    let faults = postgres::contract::faults(dataset);
                    look.findings.extend(faults.into_iter().map(|d| found(stream, dataset, d)));
                }
                if error.code() == code::SOURCE0016 {
                    let old = Difference::of_error(&error, Subject::Table);
                    let first = datasets.first();
                    look.findings.extend(first.map(|(s, d)| found(s, d, old)));
                } else {
                    look.silent.push((address, error));
                }
            }
        }
    }
    look.findings.sort_by(|a, b| (&a.store, &a.dataset).cmp(&(&b.store, &b.dataset)));
    look
}

async fn ask(
    io: &Io,
    endpoint: &PostgresEndpoint,
    datasets: &[Wanted<'_>],
    in_depth: impl Fn(&StreamSpec, &DatasetSpec) -> bool,
) -> Result<Vec<Vec<Difference>>> {
    let mut connection = io.connect(endpoint, "teal/plan").await?;
    let line = Lifeline::of(&mut connection, io, endpoint).await?;
    let wanted: Vec<(source::Wanted<'_>, bool)> = datasets
        .iter()
        .map(|(stream, dataset)| {
            let wanted = source::Wanted { store: stream.id.store(), dataset };
            (wanted, in_depth(stream, dataset))
        })
        .collect();
    Box::pin(line.guard(postgres::examine(connection, &wanted))).await
}

fn address(endpoint: &PostgresEndpoint) -> String {
    format!("{}:{}/{}", endpoint.host, endpoint.port, endpoint.database)
}

fn found(stream: &StreamSpec, dataset: &DatasetSpec, difference: Difference) -> Finding {
    let (store, dataset) = (stream.id.store().to_owned(), dataset.name.clone());
    Finding { store, dataset, difference }
}

/// Refuses what could never run. A dataset that runs as it is already is another matter: its source
/// drifted, its stream waits and says so, and everything else must go on; that is a warning.
///
/// # Errors
/// `PLAN0020`, caused by [`Findings`].
pub(super) async fn check(
    io: &Io,
    facts: &Facts,
    wanted: &Release,
    draft: &mut Draft,
) -> Result<()> {
    let known = |stream: &StreamSpec, dataset: &DatasetSpec| runs_already(facts, stream, dataset);
    let look = look(io, wanted, |stream, dataset| !known(stream, dataset)).await;
    let (old, new): (Vec<Finding>, Vec<Finding>) = look.findings.into_iter().partition(|found| {
        let mut jobs = wanted.jobs.iter().map(|job| &job.stream);
        // A dataset of two platforms that is new on one of them is new.
        jobs.all(|stream| {
            let mut datasets = stream.datasets.iter();
            stream.id.store() != found.store
                || datasets.all(|dataset| dataset.name != found.dataset || known(stream, dataset))
        })
    });
    if !new.is_empty() {
        let datasets: std::collections::BTreeSet<_> =
            new.iter().map(|found| (&found.store, &found.dataset)).collect();
        return Err(Error::new(code::PLAN0020)
            .with("datasets", datasets.len())
            .with("differences", new.len())
            .caused_by(Findings(new)));
    }
    for found in old {
        draft.warn(format!("the source drifted: {found}"));
    }
    for (source, why) in look.silent {
        // What credential is missing, and where, stands in the plan itself.
        if why.code() != code::CRED0001 {
            draft.warn_of_silence(&source, &why.one_line());
        }
    }
    Ok(())
}

fn runs_already(facts: &Facts, stream: &StreamSpec, dataset: &DatasetSpec) -> bool {
    facts.streams.iter().filter(|known| known.spec.id == stream.id).any(|known| {
        known.spec.source == stream.source
            && known.spec.datasets.iter().any(|old| {
                old.source == dataset.source
                    && old.columns == dataset.columns
                    && old.key == dataset.key
            })
    })
}
