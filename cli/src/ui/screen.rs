//! A picture on the terminal that is drawn again in place: no flicker, no trace in the scrollback.

use std::io::{self, Write};

/// The terminal's other page, without cursor, where long lines end at the edge.
const OPEN: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const CLOSE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Terminals that know it show what comes between these two at once; others ignore them.
const BEGIN_FRAME: &str = "\x1b[?2026h\x1b[H";
const END_FRAME: &str = "\x1b[J\x1b[?2026l";
/// Clears the rest of a line: what the picture of before left there.
const END_LINE: &str = "\x1b[K";

/// Holds the terminal until dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    colored: bool,
}

impl Screen {
    /// Takes the terminal behind stdout.
    pub(super) fn open(colored: bool) -> Self {
        write(OPEN);
        Self { colored }
    }

    /// Shows a text; what does not fit below is counted.
    pub(crate) fn show(&mut self, text: &str) {
        let height = terminal_size::terminal_size().map_or(24, |(_, height)| height.0);
        let plain;
        let text = if self.colored {
            text
        } else {
            plain = anstream::adapter::strip_str(text).to_string();
            &plain
        };
        write(&frame(text, usize::from(height)));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        write(CLOSE);
    }
}

fn frame(text: &str, height: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let fits = if lines.len() > height { height.saturating_sub(1) } else { lines.len() };
    let mut shown: Vec<String> = lines.iter().take(fits).map(|line| (*line).to_owned()).collect();
    if fits < lines.len() {
        shown.push(format!("… {} more lines", lines.len() - fits));
    }
    let body = shown.join(&format!("{END_LINE}\r\n"));
    format!("{BEGIN_FRAME}{body}{END_LINE}{END_FRAME}")
}

/// Nobody is left to tell when the terminal is gone.
fn write(text: &str) {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_overwrites_the_one_before_and_ends_with_the_screen() {
        assert_eq!(
            frame("a\nb", 2),
            "\x1b[?2026h\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J\x1b[?2026l",
            "no clearing of the whole screen: that is what flickers"
        );
        assert!(frame("a\nb\nc", 2).contains("a\x1b[K\r\n… 2 more lines\x1b[K"));
    }
}
