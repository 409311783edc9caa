//! Temporal: version, namespace, search attributes, clock, workers.

use std::time::Duration;

use teal_activities::doctor::{self, Report, Skew, Verdict, told};
use teal_model::{Result, release::Release};
use teal_temporal::{Retry, Settings, Temporal, names};

use crate::{config, ui::units};

const SUBJECT: &str = "temporal";

/// First server whose workflows take updates without a setting of the operator.
const OLDEST: (u32, u32) = (1, 25);
/// Oldest server that the tests run against.
const TRIED: (u32, u32) = (1, 29);
/// A failed apply should still be there after a weekend.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

/// Looks at the server that the environment names. `installed`: streams should be running.
pub(super) async fn examine(release: Option<&Release>, installed: bool, report: &mut Report) {
    let namespace = release.map(|release| release.services.temporal_namespace.as_str());
    let temporal = match connect(namespace).await {
        Ok(temporal) => temporal,
        Err(error) => return report.fail(SUBJECT, "connection", told(&error), error.help()),
    };
    report.ok(SUBJECT, "connection", temporal.address());
    match temporal.server_version().await {
        Ok(version) => judge_version(&version, report),
        Err(error) => report.fail(SUBJECT, "version", told(&error), error.help()),
    }
    if !namespace_is_there(&temporal, report).await {
        return;
    }
    search_attributes(&temporal, report).await;
    match temporal.clock().await {
        Ok(read) => {
            let skew = Skew::between(read.before_ms, read.there_ms, read.after_ms);
            doctor::clock(skew, SUBJECT, report);
        }
        Err(error) => report.warn(SUBJECT, "clock", told(&error), error.help()),
    }
    if let Some(release) = release {
        workers(&temporal, release, installed, report).await;
    }
}

async fn connect(namespace: Option<&str>) -> Result<Temporal> {
    let settings =
        Settings::from_environment(None, namespace)?.identity(format!("teal {}", config::whoami()));
    Temporal::connect(&settings, Retry::COMMAND).await
}

fn judge_version(version: &str, report: &mut Report) {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse::<u32>().ok());
    let Some((major, minor)) = parts.next().flatten().zip(parts.next().flatten()) else {
        return report.ok(SUBJECT, "version", version); // a service that counts in its own way
    };
    if (major, minor) < OLDEST {
        let help = format!("Teal needs Temporal {}.{} or later", OLDEST.0, OLDEST.1);
        report.fail(SUBJECT, "version", version, help);
    } else if (major, minor) < TRIED {
        let help = format!("Teal is tested with Temporal {}.{} and later", TRIED.0, TRIED.1);
        report.warn(SUBJECT, "version", version, help);
    } else {
        report.ok(SUBJECT, "version", version);
    }
}

async fn namespace_is_there(temporal: &Temporal, report: &mut Report) -> bool {
    let namespace = temporal.namespace();
    let facts = match temporal.namespace_facts().await {
        Ok(facts) => facts,
        Err(error) => {
            let help = if error.code() == teal_temporal::code::TEMPORAL0003 {
                format!(
                    "temporal operator namespace create --namespace {namespace} --retention 168h"
                )
            } else {
                error.help().to_owned()
            };
            report.fail(SUBJECT, "namespace", told(&error), help);
            return false;
        }
    };
    let kept = facts.retention.map_or_else(|| "not told".to_owned(), units::duration);
    let found = format!("{namespace}, closed workflows are kept for {kept}");
    if facts.retention.is_some_and(|retention| retention < RETENTION) {
        let help = format!(
            "what happened on Friday is gone on Monday: temporal operator namespace update \
             --namespace {namespace} --retention 168h"
        );
        report.warn(SUBJECT, "namespace", found, help);
    } else {
        report.ok(SUBJECT, "namespace", found);
    }
    if !facts.updates {
        let help = "every verb is an update of a workflow: turn on \
                    frontend.enableUpdateWorkflowExecution, or use a newer server";
        report.fail(SUBJECT, "updates", "the namespace refuses updates of workflows", help);
    }
    true
}

async fn search_attributes(temporal: &Temporal, report: &mut Report) {
    match temporal.missing_search_attributes().await {
        Ok(missing) if missing.is_empty() => report.ok(SUBJECT, "search attributes", "all there"),
        Ok(missing) => {
            let names: Vec<String> =
                missing.iter().map(|name| format!(" --name {name} --type Keyword")).collect();
            let help = format!(
                "a worker creates them when it starts, where it may; or: temporal operator \
                 search-attribute create --namespace {}{}",
                temporal.namespace(),
                names.concat()
            );
            report.warn(
                SUBJECT,
                "search attributes",
                format!("missing: {}", missing.join(", ")),
                help,
            );
        }
        Err(error) => {
            let help = "saved views of the UI need them; streams run without";
            report.warn(SUBJECT, "search attributes", told(&error), help);
        }
    }
}

/// Each queue that has work to do, who polls it, and the command for those that nobody does.
async fn workers(temporal: &Temporal, release: &Release, installed: bool, report: &mut Report) {
    let services = &release.services;
    let mut queues = vec![("--workflows".to_owned(), names::workflows_queue(&services.name))];
    for class in doctor::used_classes(release) {
        queues.push((format!("--class {class}"), services.task_queue(class)));
    }
    let (mut polled, mut idle) = (Vec::new(), Vec::new());
    for (option, queue) in queues {
        match temporal.presence(&queue).await {
            Ok(presence) if presence.is_polled() => polled.push((queue, presence.identities)),
            Ok(_nobody) => idle.push((option, queue)),
            Err(error) => report.warn("workers", "queue", told(&error), error.help()),
        }
    }
    let none = polled.is_empty();
    for (queue, identities) in polled {
        report.ok("workers", "queue", format!("{queue}, polled by {}", identities.join(", ")));
    }
    let verdict = if installed { Verdict::Fail } else { Verdict::Warn };
    if none && !idle.is_empty() {
        let queues: Vec<String> = idle.into_iter().map(|(_option, queue)| queue).collect();
        let found = format!("nobody polls {}", queues.join(", "));
        return report.push("workers", "queue", verdict, found, "start one: teal worker --all");
    }
    for (option, queue) in idle {
        let found = format!("nobody polls {queue}");
        report.push("workers", "queue", verdict, found, format!("start one: teal worker {option}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_judged_by_their_version() {
        for (version, verdict) in [
            ("1.24.9", Verdict::Fail),
            ("1.25.0", Verdict::Warn),
            ("1.29.0-150.1", Verdict::Ok),
            ("1.31.2", Verdict::Ok),
            ("2.0", Verdict::Ok),
            ("cloud", Verdict::Ok),
        ] {
            let mut report = Report::default();
            judge_version(version, &mut report);
            assert_eq!(report.verdict(), verdict, "{version}");
        }
    }
}
