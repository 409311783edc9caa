//! What is wrong with a model, in colour. The text itself is [`Diagnostics`]' own.

use teal_model::Diagnostics;

use super::style::{ERROR, FAINT, HINT, STRONG, paint};

/// All mistakes, one after another, and how many there are.
pub(crate) fn render(found: &Diagnostics) -> String {
    let count = found.folded().len();
    let noun = if count == 1 { "mistake" } else { "mistakes" };
    let places = match found.len() {
        places if places > count => format!(", in {places} places"),
        _ => String::new(),
    };
    listed(found, &format!("The model has {} {noun}{places}.", paint(STRONG, count)))
}

/// As [`render`], for what its sources do not have.
pub(crate) fn render_differences(found: &Diagnostics) -> String {
    let count = paint(STRONG, found.len());
    listed(
        found,
        &match found.len() {
            1 => format!("There is {count} difference between the model and its sources."),
            _ => format!("There are {count} differences between the model and its sources."),
        },
    )
}

fn listed(found: &Diagnostics, count: &str) -> String {
    let mut text: Vec<String> = found.to_string().lines().map(line).collect();
    text.push(String::new());
    text.push(count.to_owned());
    text.join("\n")
}

fn line(line: &str) -> String {
    if let Some((code, message)) = line.split_once(": ").filter(|(head, _)| is_title(head)) {
        return format!("{}: {}", paint(ERROR, code), paint(STRONG, message));
    }
    let trimmed = line.trim_start();
    let indent = line.strip_suffix(trimmed).unwrap_or_default();
    if let Some(place) = trimmed.strip_prefix("--> ") {
        return format!("{indent}{} {place}", paint(FAINT, "-->"));
    }
    if let Some(help) = trimmed.strip_prefix("= help: ") {
        return format!("{indent}= {} {help}", paint(HINT, "help:"));
    }
    match trimmed.strip_prefix("| ") {
        Some(marks) if marks.trim_start().starts_with('^') => {
            format!("{indent}| {}", paint(ERROR, marks))
        }
        _ => line.to_owned(),
    }
}

fn is_title(head: &str) -> bool {
    head.starts_with("error[") && head.ends_with(']')
}

#[cfg(test)]
mod tests {
    use teal_model::{Diagnostic, diagnostic::Place};

    use super::*;
    use crate::ui::style::plain;

    #[test]
    fn mistakes_show_place_line_and_help_and_are_counted() {
        let place = Place {
            file: "model/shop.yaml".into(),
            line: 12,
            column: 5,
            length: 4,
            source: "    clas: small".into(),
            skipped: 0,
        };
        let found = Diagnostics::new(vec![Diagnostic {
            code: crate::code::CLI0005,
            message: "unknown field `clas`".into(),
            help: "did you mean `class`?".into(),
            place: Some(place),
            related: Vec::new(),
        }]);
        let rendered = render(&found);
        insta::assert_snapshot!(plain(&rendered));
        assert_ne!(rendered, plain(&rendered), "it has colour");
    }
}
