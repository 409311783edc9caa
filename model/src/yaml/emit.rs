//! Writing YAML: texts and comments that come from elsewhere and must be read again as they are.
//!
//! Invariant: whatever the text, [`scalar`] is read back as exactly it, and [`comment`] never ends
//! its line. Read first: [`scalar`].

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// On a line of its own mapping: `type: decimal(12,2)`.
    Block,
    /// Between braces or brackets, where commas and brackets mean something.
    Flow,
}

/// Words that some readers of YAML take for something else than text.
const WORDS: [&str; 12] =
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "inf"];

/// A text as a key or a value: as it is where nobody can misread it, else in quotes.
pub(crate) fn scalar(text: &str, within: Within) -> String {
    if is_plain(text, within) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str, within: Within) -> bool {
    let also = match within {
        Within::Block => "_./-(),[]",
        Within::Flow => "_./-()",
    };
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A text in double quotes, on one line, with nothing in it that a screen does not show.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) => quoted.push_str(&escaped(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text in a comment: what would end the line or hide is written as in quotes.
pub(crate) fn comment(text: &str) -> String {
    let mut comment = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { comment.push_str(&escaped(c)) } else { comment.push(c) }
    }
    comment
}

/// Controls, separators of lines, marks of direction (which can make a text look like another),
/// and what is no character.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fff0}'..='\u{ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02X}"),
        code @ 0x100..=0xffff => format!("\\u{code:04X}"),
        code => format!("\\U{code:08X}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::{Content, Report, compose};

    /// The text of key, block value and flow value of a written mapping.
    fn read_back(text: &str) -> Vec<String> {
        let (block, flow) = (scalar(text, Within::Block), scalar(text, Within::Flow));
        let about = comment(text);
        let file =
            format!("# {about}\n{block}: {block} # {about}\nz: {{{flow}: [{flow}, {flow}]}}\n");
        let mut report = Report::default();
        let documents = compose(0, &file, &mut report);
        assert!(report.is_empty(), "{file}");
        let mut texts = Vec::new();
        gather(&documents[0], &mut texts);
        assert_eq!(documents.len(), 1, "{file}");
        texts.retain(|text| text != "z" || block == "z");
        texts
    }

    fn gather(node: &crate::yaml::Node, texts: &mut Vec<String>) {
        match &node.content {
            Content::Scalar { text, .. } => texts.push(text.clone()),
            Content::List(items) => items.iter().for_each(|item| gather(item, texts)),
            Content::Map(entries) => {
                for (key, value) in entries {
                    texts.push(key.text.clone());
                    gather(value, texts);
                }
            }
            Content::Broken => panic!("broken"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn any_text_is_read_back_as_it_was(text in "\\PC{1,12}|[\\x01-\\x{10ffff}]{1,8}|[-:#{},&*!|>'\"%@`\\[\\] ~a]{1,8}") {
            prop_assume!(text != "z");
            prop_assert_eq!(read_back(&text), vec![text; 5]);
        }
    }

    #[test]
    fn words_and_numbers_stand_in_quotes_and_names_do_not() {
        for (text, block, flow) in [
            ("orders", "orders", "orders"),
            ("public.orders", "public.orders", "public.orders"),
            ("decimal(12,2)", "decimal(12,2)", "\"decimal(12,2)\""),
            ("text[]", "text[]", "\"text[]\""),
            ("Yes", "\"Yes\"", "\"Yes\""),
            ("1", "\"1\"", "\"1\""),
            ("a b", "\"a b\"", "\"a b\""),
            ("a\u{202e}b\n", "\"a\\u202Eb\\n\"", "\"a\\u202Eb\\n\""),
        ] {
            assert_eq!(
                (&*scalar(text, Within::Block), &*scalar(text, Within::Flow)),
                (block, flow)
            );
        }
        assert_eq!(comment("a\nb: ü"), "a\\x0Ab: ü");
    }
}
