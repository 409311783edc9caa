//! Lines that fit into a narrow terminal.

/// Fewest columns that are wrapped into; a terminal below that wraps by itself.
const NARROWEST: usize = 24;

/// Breaks a line between words so that none is wider than `width`; further lines begin with `indent`
/// blanks. Styles do not count. `None`: nobody knows the width, as behind a pipe.
pub(crate) fn wrap(line: &str, width: Option<u16>, indent: usize) -> String {
    let Some(width) = width.map(usize::from).filter(|width| *width >= NARROWEST + indent) else {
        return line.to_owned();
    };
    let mut text = String::with_capacity(line.len());
    let mut column = 0;
    for word in line.split_inclusive(' ') {
        let shown = columns(word.trim_end_matches(' '));
        if column > indent && column + shown > width {
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        }
        text.push_str(word);
        column += columns(word);
    }
    text
}

fn columns(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_move_to_lines_of_their_own_and_stay_whole() {
        let line = "  hint: compare the \x1b[1mmodel\x1b[0m with the database";
        assert_eq!(
            wrap(line, Some(27), 2),
            "  hint: compare the \x1b[1mmodel\x1b[0m\n  with the database"
        );
        assert_eq!(wrap(line, None, 2), line);
        let long = "a_word_that_is_wider_than_the_whole_terminal b";
        assert_eq!(wrap(long, Some(26), 2), "a_word_that_is_wider_than_the_whole_terminal\n  b");
    }
}
