//! Plan: what has to be done to make a release true, from what is really there.
//!
//! In: the wanted release; catalog, merge store and source statistics as they are. Out: a
//! [`Plan`], and nothing changed anywhere. The same facts give the same plan: no times in it, and
//! estimates have two significant digits. What is compared is not two releases but the release with
//! the catalog: after an apply that was killed, the next plan holds what is left to do.
//! Read first: [`make`]; `facts.rs` (what is looked at); `jobs.rs`, `consumers.rs` (what follows);
//! [`sources`] (what is refused before).

mod consumers;
mod estimate;
mod facts;
mod jobs;
pub mod sources;
mod store;

use std::collections::BTreeSet;

use teal_model::{
    Error, Result, StreamId,
    plan::{Action, Phase, Plan, Step},
    release::Release,
};

pub(crate) use consumers::wanted_schemas;
pub(crate) use estimate::significant;
pub use store::{Stored, load, store};

use crate::{Io, code};
use facts::Facts;

/// What a caller may add to what the databases know.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Streams that have an open workflow, where somebody could ask: those that should have one and
    /// do not are repaired.
    pub open: Option<BTreeSet<StreamId>>,
}

/// Compares what is there with the wanted release.
///
/// # Errors
/// `PLAN0001` when a platform would change its style, `LEDGER0013` when the catalog belongs to
/// another ecosystem, `PLAN0020` when a source does not have what a new or changed dataset wants;
/// those of PostgreSQL. A source that does not answer is a warning.
pub async fn make(io: &Io, wanted: &Release, options: &Options) -> Result<Plan> {
    let facts = Facts::gather(io, wanted).await?;
    refuse_other_style(&facts, wanted)?;
    let mut draft = Draft::default();
    sources::check(io, &facts, wanted, &mut draft).await?;
    let jobs = jobs::compare(&facts, wanted, options, &mut draft)?;
    consumers::compare(&facts, wanted, &mut draft);
    estimate::fill(io, wanted, &jobs, &mut draft).await;
    facts.dependants(io, wanted, &jobs, &mut draft).await?;
    let base = facts.installed.as_ref().map(|installed| installed.hash.clone());
    let release = wanted.hash();
    if base.as_ref() != Some(&release) || !draft.steps.is_empty() {
        draft.step(Phase::Install, Action::InstallRelease);
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
    })
}

/// A plan while it is written.
#[derive(Debug, Default)]
struct Draft {
    steps: Vec<Step>,
    warnings: Vec<String>,
}

impl Draft {
    fn step(&mut self, phase: Phase, action: Action) {
        self.steps.push(Step { phase, action });
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(text);
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
