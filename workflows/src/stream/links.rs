//! Where to look next, as links of Temporal's UI.

use std::fmt::Write as _;

use teal_temporal::search;

use super::state::State;

/// Links to the streams beside this one; `None` in a namespace that could not answer them.
pub(super) fn links(state: &State, namespace: &str) -> Option<String> {
    let config = &state.config;
    if !config.search_attributes {
        return None;
    }
    let open = r#"TealKind="stream" AND ExecutionStatus="Running""#;
    let beside = [
        ("same store", format!(r#"{open} AND {}="{}""#, search::STORE, config.store)),
        ("same team", format!(r#"{open} AND {}="{}""#, search::TEAM, config.team)),
        ("in trouble", format!(r#"{open} AND {} IN ("failing", "backing_off")"#, search::STATE)),
    ];
    let links = beside.map(|(name, query)| {
        format!("[{name}](/namespaces/{}/workflows?query={})", escaped(namespace), escaped(&query))
    });
    Some(links.join(" · "))
}

/// The task queues of its work, each with the page that shows who polls it; `None` before the
/// configuration is read.
pub(super) fn queues(state: &State, namespace: &str) -> Option<String> {
    let config = &state.config;
    if config.ingest_queue.is_empty() {
        return None;
    }
    let link = |queue: &str| {
        format!("[{queue}](/namespaces/{}/task-queues/{})", escaped(namespace), escaped(queue))
    };
    Some(format!("ingest {}, merge {}", link(&config.ingest_queue), link(&config.merge_queue)))
}

/// Percent-encoded, so that it stays within a link and within a cell.
fn escaped(text: &str) -> String {
    let mut url = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").ok(); // writing to a String cannot fail
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use teal_proto::v1::StreamCarry;

    use super::*;

    #[test]
    fn queues_lead_to_their_pollers_once_they_are_known() {
        let mut state = State::new("live/shop", &StreamCarry::default(), 0);
        assert_eq!(queues(&state, "default"), None);
        state.config.ingest_queue = "teal/main/small".into();
        state.config.merge_queue = "teal/main/large".into();
        assert_eq!(
            queues(&state, "default").unwrap(),
            "ingest [teal/main/small](/namespaces/default/task-queues/teal%2Fmain%2Fsmall), \
             merge [teal/main/large](/namespaces/default/task-queues/teal%2Fmain%2Flarge)"
        );
    }

    #[test]
    fn links_are_escaped_and_only_where_they_lead_somewhere() {
        let mut state = State::new("live/shop", &StreamCarry::default(), 0);
        assert_eq!(links(&state, "default"), None);
        state.config.search_attributes = true;
        state.config.store = "a|b\"é".into();
        let text = links(&state, "my ns").unwrap();
        let first = text.split(" · ").next().unwrap();
        assert_eq!(
            first,
            "[same store](/namespaces/my%20ns/workflows?query=TealKind%3D%22stream%22%20AND%20\
             ExecutionStatus%3D%22Running%22%20AND%20TealStore%3D%22a%7Cb%22%C3%A9%22)"
        );
        assert!(!text.contains('|'));
    }
}
