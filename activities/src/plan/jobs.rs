//! Jobs: which streams appear, change, need a repair or go.

use std::collections::BTreeMap;

use teal_model::{
    Error, Result, StreamId,
    plan::{
        Action, Phase, TableFate, ViewChange,
        changes::{interrupts, stream_changes, stream_facts},
    },
    release::{Job, Release},
};

use super::{
    Draft, Options,
    estimate::significant,
    facts::{Facts, StreamFacts},
    hand::HandOvers,
    moves::Moves,
    reasons,
};
use crate::{
    code,
    provision::{
        alter::{TableWork, design},
        mend::mends,
        tables::{InPlace, KEPT_DAYS},
    },
};

/// What becomes of the tables of one stream.
#[derive(Debug)]
pub(super) struct JobPlan<'a> {
    /// The stream of the catalog, if it is known there.
    pub(super) stream: Option<&'a StreamFacts>,
    /// The wanted job; `None`: the stream goes.
    pub(super) job: Option<&'a Job>,
    /// Work on its tables.
    pub(super) works: Vec<TableWork>,
}

/// Writes the steps that concern streams.
pub(super) fn compare<'a>(
    facts: &'a Facts,
    wanted: &'a Release,
    options: &Options,
    continued: &BTreeMap<i64, &StreamId>,
    moves: &Moves,
    draft: &mut Draft,
) -> Result<Vec<JobPlan<'a>>> {
    let before = |job: &Job| before(job, wanted, facts);
    let hands = HandOvers::of(facts, wanted, continued, before);
    hands.steps(draft);
    let mut plans = Vec::new();
    for job in &wanted.jobs {
        let look = Look { wanted, options, moves, hands: &hands };
        plans.push(look.one(job, before(job), draft)?);
    }
    for stream in facts.streams.iter().filter(|stream| !continued.contains_key(&stream.id)) {
        let why = reasons::why_retired(stream, facts, wanted, options.known.as_ref(), &hands);
        plans.push(retire(stream, why, &hands, draft));
    }
    Ok(plans)
}

/// Streams that stay (their surrogate ids), with the names that they get.
pub(super) fn continued<'a>(facts: &Facts, wanted: &'a Release) -> BTreeMap<i64, &'a StreamId> {
    let pairs = wanted
        .jobs
        .iter()
        .filter_map(|job| before(job, wanted, facts).map(|stream| (stream.id, &job.stream.id)));
    pairs.collect()
}

/// The stream of the catalog that a job continues: of the same name, else of an earlier one that no
/// other job has.
fn before<'a>(job: &Job, wanted: &Release, facts: &'a Facts) -> Option<&'a StreamFacts> {
    let named = |id| facts.streams.iter().find(|stream| &stream.spec.id == id);
    named(&job.stream.id).or_else(|| {
        let mut earlier = job.stream.formerly.iter();
        earlier.find(|id| wanted.job(id).is_none() && named(id).is_some()).and_then(named)
    })
}

/// What each job is compared with.
struct Look<'a, 'b> {
    wanted: &'a Release,
    options: &'b Options,
    moves: &'b Moves,
    hands: &'b HandOvers<'a>,
}

impl<'a> Look<'a, '_> {
    fn one(
        &self,
        job: &'a Job,
        stream: Option<&'a StreamFacts>,
        draft: &mut Draft,
    ) -> Result<JobPlan<'a>> {
        let spec = &job.stream;
        let own = stream.map_or(&[][..], |stream| &stream.tables);
        let taken = self.hands.to(job).map(|(_, table)| table);
        let tables: Vec<InPlace> = own.iter().chain(taken).cloned().collect();
        let plan = JobPlan { stream, job: Some(job), works: design(&tables, spec) };
        let needed_by = self.wanted.needed_by(job);
        let takes_over = self.hands.taken(job);
        let Some(stream) = stream else {
            let action = Action::CreateStream {
                stream: spec.id.clone(),
                style: spec.style,
                needed_by,
                facts: stream_facts(spec),
                ddl: plan.ddl()?,
                loads: Vec::new(),
                takes_over,
            };
            draft.step(Phase::Jobs, action);
            return Ok(plan);
        };
        if stream.spec.style != spec.style {
            return Err(Error::new(code::PLAN0001)
                .with("stream", &spec.id)
                .with("style", stream.spec.style.as_str())
                .with("wanted", spec.style.as_str()));
        }
        if stream.config_hash != spec.hash() {
            let renamed = stream.spec.id != spec.id;
            let action = Action::ChangeStream {
                stream: spec.id.clone(),
                formerly: renamed.then(|| stream.spec.id.clone()),
                needed_by,
                changes: stream_changes(&stream.spec, spec),
                ddl: plan.ddl()?,
                loads: Vec::new(),
                interrupts: interrupts(&stream.spec, spec) || !plan.works.is_empty(),
                views: plan.views(),
                destructive: plan.works.iter().any(TableWork::is_destructive),
                losses: plan.losses(),
            };
            draft.step(self.moves.phase_of_change(stream, job, &plan.works), action);
            return Ok(plan);
        }
        let mut why = plan.needs_repair(stream, self.options);
        why.extend(takes_over.iter().map(|t| format!("it takes over {} of {}", t.dataset, t.from)));
        if !why.is_empty() {
            let action = Action::RepairStream {
                stream: spec.id.clone(),
                why: why.join("; "),
                ddl: plan.ddl()?,
                loads: Vec::new(),
                losses: plan.losses(),
            };
            draft.step(Phase::Jobs, action);
        }
        Ok(plan)
    }
}

impl JobPlan<'_> {
    fn ddl(&self) -> Result<Vec<String>> {
        let Some(job) = self.job else { return Ok(Vec::new()) };
        let mut texts = Vec::new();
        for work in &self.works {
            let statements = work.statements(job.stream.style)?;
            texts.extend(statements.iter().map(ToString::to_string));
        }
        Ok(texts)
    }

    fn losses(&self) -> Vec<String> {
        self.works.iter().flat_map(TableWork::losses).collect()
    }

    /// Views on tables that change: those that would not survive `create or replace` are created
    /// again.
    fn views(&self) -> Vec<ViewChange> {
        let Some(stream) = self.stream else { return Vec::new() };
        let mut changes = Vec::new();
        for work in &self.works {
            let Some(table) = work.table() else { continue };
            if matches!(work, TableWork::Retire(_)) {
                continue; // its views go with it, in steps of their own
            }
            let recreated = !work.contested_columns().is_empty();
            let after_load = work.views_wait();
            let own = stream.views.iter().filter(|view| view.dataset == table.table.dataset);
            changes.extend(own.map(|view| {
                let view = view.name.clone();
                ViewChange { view, recreated, after_load }
            }));
        }
        changes
    }

    /// Why a stream with the right configuration has to be looked after.
    fn needs_repair(&self, stream: &StreamFacts, options: &Options) -> Vec<String> {
        let mut why = Vec::new();
        for table in &stream.tables {
            let place = &table.table.table;
            if table.columns.is_none() {
                why.push(format!("table {place} is gone"));
            }
            let missing = table.missing_columns();
            why.extend(missing.iter().map(|column| format!("column {column} of {place} is gone")));
            why.extend(mends(table).iter().map(|mend| mend.text(table)));
        }
        if why.is_empty()
            && (!self.works.is_empty() || stream.reconciled_hash != stream.config_hash)
        {
            why.push("its configuration is not in place yet".to_owned());
        }
        if options.open.as_ref().is_some_and(|open| !open.contains(&stream.spec.id)) {
            why.push("it has no open workflow".to_owned());
        }
        why
    }
}

fn retire<'a>(
    stream: &'a StreamFacts,
    why: String,
    hands: &HandOvers<'_>,
    draft: &mut Draft,
) -> JobPlan<'a> {
    let own: Vec<&InPlace> = stream.tables.iter().filter(|table| !hands.holds(table)).collect();
    let fate = |table: &&InPlace| TableFate {
        table: table.table.table.clone(),
        rows: significant(table.table.rows),
        kept_days: if table.has_history() { KEPT_DAYS } else { 0 },
    };
    let action = Action::RetireStream {
        stream: stream.spec.id.clone(),
        why,
        tables: own.iter().map(fate).collect(),
    };
    draft.step(Phase::Retire, action);
    JobPlan {
        stream: Some(stream),
        job: None,
        works: own.into_iter().cloned().map(TableWork::Retire).collect(),
    }
}
