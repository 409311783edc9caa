//! Resolving sizes: default → services → platform → store → dataset, each for one activity, then
//! the smallest class that holds the result.

use std::collections::BTreeMap;

use super::{
    Class, JobSize, Quantities, Sizing,
    quantity::{format_bytes, format_cpu},
};
use crate::{
    code,
    document::{
        hints::{Hint, HintValues, Hints, PartialPair},
        services::PlatformServices,
    },
    yaml::{Finding, Span},
};

/// What a job that says nothing gets.
pub const DEFAULT: Sizing = Sizing {
    requests: Quantities { cpu_millis: 100, memory_bytes: 128 << 20 },
    limits: Quantities { cpu_millis: 500, memory_bytes: 256 << 20 },
};

/// Whose size is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Source into staging.
    Ingest,
    /// Staging into the merge table.
    Merge,
}

/// The classes of a stack and its defaults.
#[derive(Debug)]
pub(crate) struct Sizes<'a> {
    pub(crate) classes: BTreeMap<String, Class>,
    services: &'a PlatformServices,
    /// Whether every class could be read.
    whole: bool,
}

impl<'a> Sizes<'a> {
    pub(crate) fn of(services: &'a PlatformServices) -> Self {
        let bodies = services.classes.iter().map(|class| (&class.name.value, &class.value));
        let quantities = |pair: &crate::document::hints::QuantityPair| Quantities {
            cpu_millis: pair.cpu.0,
            memory_bytes: pair.memory.0,
        };
        let classes = bodies.map(|(name, body)| {
            let sizing =
                Sizing { requests: quantities(&body.requests), limits: quantities(&body.limits) };
            (name.clone(), Class { sizing, slots: body.slots.get() })
        });
        let mut pairs = services.classes.iter().flat_map(|c| [&c.value.requests, &c.value.limits]);
        let whole = pairs.all(|pair| pair.cpu.at.is_somewhere() && pair.memory.at.is_somewhere());
        Self { classes: classes.collect(), services, whole }
    }

    /// The size of a job of which these hints speak, from the general to the particular. `Err(None)`:
    /// it cannot be said because of a mistake that is reported elsewhere.
    pub(crate) fn resolve(
        &self,
        activity: Activity,
        hints: &[Option<&Hints>],
    ) -> Result<JobSize, Option<Box<Finding>>> {
        let mut demand = Demand { sizing: DEFAULT, class: None, at: self.services.at };
        for hints in std::iter::once(self.services.defaults.as_ref()).chain(hints.iter().copied()) {
            let hint = hints.and_then(|hints| match activity {
                Activity::Ingest => hints.ingest.as_ref(),
                Activity::Merge => hints.merge.as_ref(),
            });
            if let Some(hint) = hint.filter(|hint| hint.at().is_somewhere()) {
                self.apply(&mut demand, hint)?;
            }
        }
        let class = match demand.class {
            Some(class) => class,
            None if !self.whole => return Err(None),
            None => match smallest(&self.classes, &demand.sizing) {
                Some(class) => class.to_owned(),
                None => return Err(Some(Box::new(self.nothing_fits(&demand)))),
            },
        };
        Ok(JobSize { class, sizing: demand.sizing })
    }

    fn apply(&self, demand: &mut Demand, hint: &Hint) -> Result<(), Option<Box<Finding>>> {
        demand.at = hint.at();
        match hint {
            Hint::Class(name) => {
                let class = self.classes.get(name.as_str()).ok_or(None)?;
                demand.sizing = class.sizing.clone();
                demand.class = Some(name.value.clone());
            }
            Hint::Values(values) => {
                check_values(values)?;
                demand.class = None;
                lay_over(&mut demand.sizing, values);
            }
        }
        Ok(())
    }

    fn nothing_fits(&self, demand: &Demand) -> Finding {
        let message = format!("no resource class holds {}", demand.sizing);
        let finding = Finding::new(code::MODEL0060, demand.at, message);
        match self.classes.iter().max_by_key(|(name, class)| order(name, class)) {
            Some((name, class)) => finding.help(format!(
                "the largest class is `{name}` with {}; add a larger one to the PlatformServices, or ask for less",
                class.sizing
            )),
            None => finding.help("add `classes:` to the PlatformServices"),
        }
    }
}

/// A size on its way through the levels.
struct Demand {
    sizing: Sizing,
    /// Set while the last word was the name of a class.
    class: Option<String>,
    /// Where the last word stands.
    at: Span,
}

/// Order of classes from small to large.
fn order<'a>(name: &'a str, class: &Class) -> (u64, u64, u64, u64, &'a str) {
    let Sizing { requests, limits } = &class.sizing;
    (limits.memory_bytes, limits.cpu_millis, requests.memory_bytes, requests.cpu_millis, name)
}

/// The smallest class that holds a demand in all four values.
fn smallest<'a>(classes: &'a BTreeMap<String, Class>, demand: &Sizing) -> Option<&'a str> {
    let holds = |class: &Class| {
        let within = |has: Quantities, needs: Quantities| {
            has.cpu_millis >= needs.cpu_millis && has.memory_bytes >= needs.memory_bytes
        };
        within(class.sizing.limits, demand.limits) && within(class.sizing.requests, demand.requests)
    };
    let fitting = classes.iter().filter(|(_, class)| holds(class));
    fitting.min_by_key(|(name, class)| order(name, class)).map(|(name, _)| name.as_str())
}

/// A hint that contradicts itself.
fn check_values(values: &HintValues) -> Result<(), Option<Box<Finding>>> {
    let (Some(requests), Some(limits)) = (&values.requests, &values.limits) else { return Ok(()) };
    let above = |what: &str, asked: String, limit: String, at: Span, limit_at: Span| {
        let message = format!("the request of {asked} {what} is above the limit of {limit}");
        Some(Box::new(Finding::new(code::MODEL0061, at, message).also("the limit", limit_at)))
    };
    if let (Some(asked), Some(limit)) = (&requests.cpu, &limits.cpu)
        && asked.0 > limit.0
    {
        let (a, l) = (format_cpu(asked.0), format_cpu(limit.0));
        return Err(above("processors", a, l, asked.at, limit.at));
    }
    if let (Some(asked), Some(limit)) = (&requests.memory, &limits.memory)
        && asked.0 > limit.0
    {
        let (a, l) = (format_bytes(asked.0), format_bytes(limit.0));
        return Err(above("of memory", a, l, asked.at, limit.at));
    }
    Ok(())
}

/// Overrides what the hint says. A value that it does not say follows where the two would cross: a
/// higher request raises the limit, a lower limit lowers the request.
fn lay_over(sizing: &mut Sizing, values: &HintValues) {
    let said = |pair: &Option<PartialPair>| {
        let pair = pair.as_ref();
        let cpu = pair.and_then(|pair| pair.cpu.as_ref()).map(|cpu| cpu.0);
        let memory = pair.and_then(|pair| pair.memory.as_ref()).map(|memory| memory.0);
        (cpu, memory)
    };
    let ((request_cpu, request_memory), (limit_cpu, limit_memory)) =
        (said(&values.requests), said(&values.limits));
    let Sizing { requests, limits } = sizing;
    settle(&mut requests.cpu_millis, &mut limits.cpu_millis, request_cpu, limit_cpu);
    settle(&mut requests.memory_bytes, &mut limits.memory_bytes, request_memory, limit_memory);
}

fn settle(request: &mut u64, limit: &mut u64, said_request: Option<u64>, said_limit: Option<u64>) {
    if let Some(said) = said_limit {
        *limit = said;
        *request = (*request).min(said);
    }
    if let Some(said) = said_request {
        *request = said;
        *limit = (*limit).max(said);
    }
}
