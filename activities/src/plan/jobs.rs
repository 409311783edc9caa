//! Jobs: which streams appear, change, need a repair or go.

use std::collections::BTreeSet;

use teal_model::{
    Error, Result,
    plan::{
        Action, Phase, TableFate,
        changes::{interrupts, stream_changes, stream_facts},
    },
    release::{Job, Release},
};

use super::{
    Draft, Options,
    estimate::significant,
    facts::{Facts, StreamFacts},
};
use crate::{
    code,
    provision::{
        alter::{TableWork, design},
        tables::KEPT_DAYS,
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

/// Writes the steps of the phases `retire` and `jobs`.
pub(super) fn compare<'a>(
    facts: &'a Facts,
    wanted: &'a Release,
    options: &Options,
    draft: &mut Draft,
) -> Result<Vec<JobPlan<'a>>> {
    let mut plans = Vec::new();
    let mut continued = BTreeSet::new();
    for job in &wanted.jobs {
        let stream = before(job, wanted, facts);
        continued.extend(stream.map(|stream| stream.id));
        plans.push(one(job, stream, options, draft)?);
    }
    for stream in facts.streams.iter().filter(|stream| !continued.contains(&stream.id)) {
        plans.push(retire(stream, draft));
    }
    Ok(plans)
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

fn one<'a>(
    job: &'a Job,
    stream: Option<&'a StreamFacts>,
    options: &Options,
    draft: &mut Draft,
) -> Result<JobPlan<'a>> {
    let spec = &job.stream;
    let tables = stream.map_or(&[][..], |stream| &stream.tables);
    let works = design(tables, spec);
    let plan = JobPlan { stream, job: Some(job), works };
    let Some(stream) = stream else {
        let action = Action::CreateStream {
            stream: spec.id.clone(),
            style: spec.style,
            needed_by: job.needed_by.clone(),
            facts: stream_facts(spec),
            ddl: plan.ddl()?,
            loads: Vec::new(),
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
            needed_by: job.needed_by.clone(),
            changes: stream_changes(&stream.spec, spec),
            ddl: plan.ddl()?,
            loads: Vec::new(),
            interrupts: interrupts(&stream.spec, spec) || !plan.works.is_empty(),
            destructive: plan.works.iter().any(TableWork::is_destructive),
        };
        draft.step(Phase::Jobs, action);
    } else if let Some(why) = plan.needs_repair(stream, options) {
        draft.step(Phase::Jobs, Action::RepairStream { stream: spec.id.clone(), why });
    }
    Ok(plan)
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

    /// Why a stream with the right configuration has to be looked after.
    fn needs_repair(&self, stream: &StreamFacts, options: &Options) -> Option<String> {
        let mut why = Vec::new();
        for table in &stream.tables {
            if table.columns.is_none() {
                why.push(format!("table {} is gone", table.table.table));
            }
            for column in table.missing_columns() {
                why.push(format!("column {column} of {} is gone", table.table.table));
            }
        }
        if why.is_empty()
            && (!self.works.is_empty() || stream.reconciled_hash != stream.config_hash)
        {
            why.push("its configuration is not in place yet".to_owned());
        }
        if options.open.as_ref().is_some_and(|open| !open.contains(&stream.spec.id)) {
            why.push("it has no open workflow".to_owned());
        }
        (!why.is_empty()).then(|| why.join("; "))
    }
}

fn retire<'a>(stream: &'a StreamFacts, draft: &mut Draft) -> JobPlan<'a> {
    let fate = |table: &crate::provision::tables::InPlace| TableFate {
        table: table.table.table.clone(),
        rows: significant(table.table.rows),
        kept_days: if table.has_history() { KEPT_DAYS } else { 0 },
    };
    let action = Action::RetireStream {
        stream: stream.spec.id.clone(),
        tables: stream.tables.iter().map(fate).collect(),
    };
    draft.step(Phase::Retire, action);
    JobPlan {
        stream: Some(stream),
        job: None,
        works: stream.tables.iter().cloned().map(TableWork::Retire).collect(),
    }
}
