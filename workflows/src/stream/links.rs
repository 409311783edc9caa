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
