//! Sizes: classes that can run something, and every hint held by one of them.

use super::index::Index;
use crate::{
    code,
    document::{datastore::Streams, services::ClassBody},
    release::WORKFLOWS_QUEUE,
    sizing::{
        quantity::{format_bytes, format_cpu},
        resolve::{Activity, Sizes},
    },
    yaml::{Entry, Finding, Report},
};

/// Most activities of one worker; beyond it no memory is enough.
const MOST_SLOTS: u32 = 1_000;

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    let Some(services) = index.services else { return };
    for class in services.classes.iter() {
        check_class(class, report);
    }
    let sizes = Sizes::of(services);
    for platform in index.platforms.values() {
        for store in index.stores.values() {
            let single = store.document.streams() == Streams::Single;
            let own = store.datasets.values().map(|d| d.body.hints.as_ref().filter(|_| single));
            for dataset in std::iter::once(None).chain(own) {
                let hints = [platform.hints.as_ref(), store.document.hints.as_ref(), dataset];
                for activity in [Activity::Ingest, Activity::Merge] {
                    if let Err(finding) = sizes.resolve(activity, &hints) {
                        finding.into_iter().for_each(|finding| report.add(*finding));
                    }
                }
            }
        }
    }
}

fn check_class(class: &Entry<ClassBody>, report: &mut Report) {
    let (name, body) = (&class.name, &class.value);
    if name.as_str() == WORKFLOWS_QUEUE {
        let message = format!("the class name `{WORKFLOWS_QUEUE}` is that of the workflows' queue");
        report.add(Finding::new(code::MODEL0062, name.at, message));
    }
    if body.slots.get() > MOST_SLOTS && body.slots.at.is_somewhere() {
        let message = format!("the class `{}` has {} slots", name.value, body.slots.get());
        report.add(Finding::new(code::MODEL0062, body.slots.at, message));
    }
    let (cpu, memory) = (&body.limits.cpu, &body.limits.memory);
    for (what, zero, at) in
        [("processor", cpu.0 == 0, cpu.at), ("memory", memory.0 == 0, memory.at)]
    {
        if zero && at.is_somewhere() {
            let message = format!("the class `{}` has no {what}", name.value);
            report.add(Finding::new(code::MODEL0062, at, message));
        }
    }
    let asked = &body.requests;
    if cpu.0 > 0 && asked.cpu.0 > cpu.0 && asked.cpu.at.is_somewhere() && cpu.at.is_somewhere() {
        let (asked_text, limit) = (format_cpu(asked.cpu.0), format_cpu(cpu.0));
        let message = format!("the class asks for {asked_text} processors, but may use {limit}");
        let finding = Finding::new(code::MODEL0061, asked.cpu.at, message);
        report.add(finding.also("the limit", cpu.at));
    }
    if memory.0 > 0
        && asked.memory.0 > memory.0
        && asked.memory.at.is_somewhere()
        && memory.at.is_somewhere()
    {
        let (asked_text, limit) = (format_bytes(asked.memory.0), format_bytes(memory.0));
        let message = format!("the class asks for {asked_text} of memory, but may use {limit}");
        let finding = Finding::new(code::MODEL0061, asked.memory.at, message);
        report.add(finding.also("the limit", memory.at));
    }
}
