//! Plan: what has to be done to make a release true, from what is really there.
//!
//! In: the wanted release; catalog, merge store and source statistics as they are. Out: a
//! [`Plan`], and nothing changed anywhere. The same facts give the same plan: no times in it, and
//! estimates have two significant digits. What is compared is not two releases but the release with
//! the catalog: after an apply that was killed, the next plan holds what is left to do.
//! Read first: [`make`]; `facts.rs` (what is looked at); `jobs.rs`, `consumers.rs` (what follows);
//! `hand.rs`, `moves.rs` (how rows stay in sight while streams come and go); [`sources`] (what is
//! refused before).

mod consumers;
mod credentials;
mod estimate;
mod facts;
mod hand;
mod jobs;
mod moves;
mod place;
mod reasons;
mod rights;
pub mod sources;
mod speed;
mod still;
mod store;

use std::collections::BTreeSet;

use teal_model::{
    Error, Known, Result, StreamId,
    plan::{Action, Phase, Plan, Step, changes::release_changes},
    release::Release,
};

pub(crate) use consumers::wanted_schemas;
pub(crate) use estimate::significant;
pub use place::refuse_another as refuse_another_place;
pub use still::{still_true, was_begun};
pub(crate) use store::Recent;
pub use store::{Stored, load, store};

use crate::{Io, code};
use consumers::Consumers;
use facts::Facts;
use moves::Moves;

/// What a caller may add to what the databases know.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Streams that have an open workflow, where somebody could ask: those that should have one and
    /// do not are repaired.
    pub open: Option<BTreeSet<StreamId>>,
    /// What the model describes, needed or not: it tells why a stream is no longer wanted.
    pub known: Option<Known>,
    /// Search attributes that the Temporal namespace lacks, where somebody could ask.
    pub lacking_attributes: Vec<String>,
}

/// Compares what is there with the wanted release.
///
/// # Errors
/// `PLAN0001` when a platform would change its style, `PLAN0004` and `PLAN0005` when the merge store
/// would move or belongs to another catalog, `LEDGER0013` when the catalog belongs to another
/// ecosystem, `PLAN0020` when a source does not have what a new or changed dataset wants; those of
/// PostgreSQL. A source that does not answer is a warning.
pub async fn make(io: &Io, wanted: &Release, options: &Options) -> Result<Plan> {
    place::refuse_another(io, wanted).await?;
    let facts = Facts::gather(io, wanted).await?;
    refuse_other_style(&facts, wanted)?;
    let mut draft = Draft::default();
    sources::check(io, &facts, wanted, &mut draft).await?;
    if !options.lacking_attributes.is_empty() {
        let names = options.lacking_attributes.clone();
        draft.step(Phase::Prepare, Action::RegisterAttributes { names });
    }
    let consumers = Consumers::prepare(&facts, wanted, &mut draft);
    let continued = jobs::continued(&facts, wanted);
    let moves = Moves::of(&facts, wanted, &continued, &consumers.views);
    let jobs = jobs::compare(&facts, wanted, options, &continued, &moves, &mut draft)?;
    consumers.compare(&moves, &mut draft);
    let missing_credentials = credentials::missing(io, wanted);
    estimate::fill(io, wanted, &jobs, &missing_credentials, facts.speed, &mut draft).await;
    facts.dependants(io, wanted, &jobs, &mut draft).await?;
    rights::look(io, wanted, &mut draft).await?;
    let base = facts.installed.as_ref().map(|installed| installed.hash.clone());
    let release = wanted.hash();
    if base.as_ref() != Some(&release) || !draft.steps.is_empty() {
        let before = facts.installed.as_ref().map(|installed| &installed.release);
        let changes = before.map_or_else(Vec::new, |before| release_changes(before, wanted));
        draft.step(Phase::Install, Action::InstallRelease { changes });
    }
    // Stable: within a phase the order of discovery stays.
    draft.steps.sort_by_key(|step| step.phase);
    Ok(Plan {
        ecosystem: wanted.ecosystem.clone(),
        services: wanted.services.name.clone(),
        base,
        release,
        steps: draft.steps,
        warnings: draft.warnings,
        missing_credentials,
    })
}

/// A plan while it is written.
#[derive(Debug, Default)]
struct Draft {
    steps: Vec<Step>,
    warnings: Vec<String>,
    /// Sources (`host:port/database`) that did not answer, and were told of.
    silent: BTreeSet<String>,
}

impl Draft {
    fn step(&mut self, phase: Phase, action: Action) {
        self.steps.push(Step { phase, action });
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }

    /// Tells of a source that does not answer, once for all that the plan would ask of it.
    fn warn_of_silence(&mut self, source: &str, why: &str) {
        if self.silent.insert(source.to_owned()) {
            self.warn(format!(
                "{source} could not be asked, so the model is not compared with it and its loads are \
                 not estimated: {why}"
            ));
        }
    }
}

fn refuse_other_style(facts: &Facts, wanted: &Release) -> Result<()> {
    let Some(installed) = &facts.installed else { return Ok(()) };
    for (name, platform) in &wanted.platforms {
        let before = installed.release.platforms.get(name).or_else(|| {
            let mut earlier = platform.formerly.iter();
            earlier.find_map(|name| installed.release.platforms.get(name))
        });
        if let Some(before) = before
            && before.style != platform.style
        {
            return Err(Error::new(code::PLAN0001)
                .with("platform", name)
                .with("style", before.style.as_str())
                .with("wanted", platform.style.as_str()));
        }
    }
    Ok(())
}
