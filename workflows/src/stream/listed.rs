//! What the list of workflows and the page of one show; sent only when it changes.

use teal_temporal::search;
use temporalio_common::search_attributes::SearchAttributeKey;
use temporalio_sdk::WorkflowContext;

use super::{
    links::{links, queues},
    show,
    workflow::StreamWorkflow,
};

/// Brings details and search attributes up to date.
pub(super) fn show(ctx: &WorkflowContext<StreamWorkflow>) {
    let namespace = ctx.namespace();
    ctx.set_current_details(ctx.state(|w| {
        let mut details = show::details(w.state());
        if let Some(queues) = queues(w.state(), namespace) {
            details.push_str(&format!("\n| workers | {queues} |"));
        }
        if let Some(links) = links(w.state(), namespace) {
            details.push_str(&format!("\n| see | {links} |"));
        }
        details
    }));
    // A namespace that does not know them would refuse the upsert and with it the whole workflow
    // task, for ever: the worker looks, and `load` reports what it saw.
    if !ctx.state(|w| w.state().config.search_attributes) {
        return;
    }
    let wanted = ctx.state(|w| {
        let config = &w.state().config;
        [
            (search::PLATFORM, config.platform.clone()),
            (search::STORE, config.store.clone()),
            (search::TEAM, config.team.clone()),
            (search::KIND, "stream".to_owned()),
            (search::STATE, show::listed_word(w.state()).as_str().to_owned()),
        ]
    });
    let known = ctx.search_attributes();
    let updates: Vec<_> = wanted
        .into_iter()
        .map(|(name, value)| (SearchAttributeKey::keyword(name), value))
        .filter(|(key, value)| known.get(key).as_ref() != Some(value))
        .map(|(key, value)| key.value_set(value))
        .collect();
    if !updates.is_empty() {
        ctx.upsert_search_attributes(updates);
    }
}
