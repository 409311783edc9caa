//! A page of Markdown on a terminal: headings in bold, paragraphs as wide as the terminal, code
//! indented.

use super::{
    style::{ERROR, FAINT, STRONG, paint},
    table,
};

/// Widest text that is comfortable to read, and the width where there is no terminal.
const WIDEST: usize = 100;

/// The page as it is shown on the terminal behind stdout.
pub(crate) fn render(page: &str) -> String {
    let width = table::terminal_width().map_or(WIDEST, |width| WIDEST.min(width.into()));
    render_in(page, width)
}

fn render_in(page: &str, width: usize) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut verbatim = false;
    for line in page.lines() {
        let plain = !verbatim
            && !line.is_empty()
            && !line.starts_with(['#', '-'])
            && !line.starts_with("```")
            && !line.starts_with("    ");
        if plain {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
            continue;
        }
        wrap(&std::mem::take(&mut paragraph), width, &mut shown);
        if line.starts_with("```") {
            verbatim = !verbatim;
        } else if verbatim {
            shown.push(format!("  {line}"));
        } else if let Some(title) = line.strip_prefix("# ") {
            shown.push(heading(title));
        } else if let Some(title) = line.strip_prefix("## ") {
            shown.push(paint(STRONG, title));
        } else if line.starts_with('-') {
            line.clone_into(&mut paragraph);
        } else {
            shown.push(line.to_owned());
        }
    }
    wrap(&paragraph, width, &mut shown);
    shown.join("\n")
}

/// `CODE: title`
fn heading(title: &str) -> String {
    match title.split_once(": ") {
        Some((code, rest)) => format!("{}{} {rest}", paint(ERROR, code), paint(FAINT, ":")),
        None => paint(STRONG, title),
    }
}

/// Breaks a paragraph between words; an item of a list hangs under its first word.
fn wrap(paragraph: &str, width: usize, shown: &mut Vec<String>) {
    if paragraph.is_empty() {
        return;
    }
    let indent = if paragraph.starts_with("- ") { "  " } else { "" };
    let mut line = String::new();
    for word in paragraph.split(' ') {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            shown.push(std::mem::replace(&mut line, format!("{indent}{word}")));
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    shown.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;

    #[test]
    fn paragraphs_follow_the_width_and_code_does_not() {
        let page = "# PG0001: a title\n\nSome words that\nbelong together.\n\n## Why\n\n\
                    - one item that is long\n- two\n\n    select 1 from a_table_with_a_name\n\n\
                    ```text\nerror[PG0001]: as it is printed\n```\n";
        insta::assert_snapshot!(plain(&render_in(page, 20)), @r"
        PG0001: a title

        Some words that
        belong together.

        Why

        - one item that is
          long
        - two

            select 1 from a_table_with_a_name

          error[PG0001]: as it is printed
        ");
    }
}
