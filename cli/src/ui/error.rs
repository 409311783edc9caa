//! An error as a person reads it: code and title, names around it, causes, what to do.

use std::fmt::Write;

use teal_model::Error;
use teal_proto::v1::Failure;

use super::style::{ERROR, FAINT, HINT, STRONG, paint};

/// The whole story of an error, no newline at the end.
pub(crate) fn render(error: &Error) -> String {
    let code = error.code();
    let mut text = title(code.id, code.title);
    for (key, value) in error.context() {
        line(&mut text, &format!("  {}", paint(FAINT, format!("{key}:"))), value);
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        line(&mut text, &paint(STRONG, "caused by:"), &own_line(error));
        cause = error.source();
    }
    line(&mut text, &paint(HINT, "hint:"), error.help());
    text
}

/// A failure that a stream met elsewhere, as the catalog remembers it.
pub(crate) fn render_failure(failure: &Failure) -> String {
    let mut text = title(&failure.code, without_code(&failure.code, &failure.message));
    if !failure.help.is_empty() {
        line(&mut text, &paint(HINT, "hint:"), &failure.help);
    }
    text
}

/// A failure's line without the code that it begins with.
pub(crate) fn without_code<'a>(code: &str, message: &'a str) -> &'a str {
    message.strip_prefix(&format!("[{code}] ")).unwrap_or(message)
}

fn title(code: &str, text: &str) -> String {
    format!("{}: {}", paint(ERROR, format!("error[{code}]")), paint(STRONG, text))
}

fn line(text: &mut String, label: &str, value: &str) {
    // Writing to a String cannot fail.
    write!(text, "\n{label} {}", value.replace('\n', "\n    ")).ok();
}

/// A cause that is one of ours would print its code and context again in brackets; that is wanted,
/// as it has no block of its own.
fn own_line(error: &(dyn std::error::Error + 'static)) -> String {
    error.to_string().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use teal_model::{Code, Kind};

    use super::*;
    use crate::ui::style::plain;

    const SAMPLE: Code = Code::new(
        "MERGE0004",
        Kind::Data,
        "staging holds one key twice",
        "look at the rows of this key at the source",
    );

    #[test]
    fn errors_show_code_names_causes_and_advice() {
        let error = Error::new(SAMPLE)
            .with("stream", "live/crm/orders")
            .with("batch", 1421)
            .caused_by(std::io::Error::other("duplicate key violates \"orders_open\""));
        insta::assert_snapshot!(plain(&render(&error)), @r#"
        error[MERGE0004]: staging holds one key twice
          stream: live/crm/orders
          batch: 1421
        caused by: duplicate key violates "orders_open"
        hint: look at the rows of this key at the source
        "#);
    }

    #[test]
    fn failures_of_a_stream_look_like_errors() {
        let error = Error::new(SAMPLE).with("batch", 7);
        let failure = Failure::from_error(&error, 7);
        insta::assert_snapshot!(plain(&render_failure(&failure)), @r"
        error[MERGE0004]: staging holds one key twice (batch: 7)
        hint: look at the rows of this key at the source
        ");
    }
}
