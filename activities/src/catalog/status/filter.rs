//! Which streams a person wants to see.

use teal_model::release::StreamSpec;

/// All conditions must hold; an empty one always does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these matches the stream's name; `*` stands for any text, `live` for `live/*`.
    pub streams: Vec<String>,
    /// Owner, `zone/team` or the start of it up to a slash.
    pub team: Option<String>,
    /// Platform.
    pub platform: Option<String>,
    /// Store.
    pub store: Option<String>,
    /// States, such as `failing`.
    pub states: Vec<String>,
}

impl Filter {
    /// Whether a stream of this configuration may be shown; its state is looked at later.
    pub(super) fn takes(&self, spec: &StreamSpec) -> bool {
        let name = spec.id.to_string();
        let named = self.streams.is_empty()
            || self.streams.iter().any(|pattern| {
                let pattern = pattern.strip_prefix("stream/").unwrap_or(pattern);
                matches(pattern, &name) || under(pattern, &name)
            });
        named
            && self.platform.as_ref().is_none_or(|platform| spec.id.platform() == platform)
            && self.store.as_ref().is_none_or(|store| spec.id.store() == store)
            && self.team.as_ref().is_none_or(|team| *team == spec.team || under(team, &spec.team))
    }

    /// Whether a stream in this state is shown.
    pub(super) fn takes_state(&self, state: &str) -> bool {
        self.states.is_empty() || self.states.iter().any(|wanted| wanted == state)
    }
}

fn under(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether `text` is the pattern with each `*` replaced by some text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_skipped, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("live/*", "live/shop"),
            ("*shop*", "live/shop/orders"),
            ("a*b*c", "a1b2bc"),
            ("x", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("live/*", "history/shop"), ("a*b", "ab1"), ("x", "xx"), ("a*a", "a"), ("*z", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(under("live/shop", "live/shop/orders") && !under("live", "lively/shop"));
    }
}
