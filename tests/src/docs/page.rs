//! The commands of a page: lines after `$ ` in its blocks of kind `console`.

use std::path::Path;

/// Where the pages lie.
pub(super) const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// A comment before a block that a test cannot run; the reason follows.
const NOT_RUN: &str = "<!-- not run by the tests: ";
/// At the end of a command: it ends with this code, and says why.
const EXITS: &str = "# exits ";

/// One command as a person types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Where it stands, `docs/operating.md:12`.
    pub(super) place: String,
    /// What is typed; several lines where it goes on.
    pub(super) text: String,
    /// The exit code that the page promises.
    pub(super) exit: u8,
}

/// A page of the project with its commands.
#[derive(Debug)]
pub(super) struct Page {
    /// Those that are run, in their order.
    pub(super) commands: Vec<Command>,
    /// Blocks that are not.
    pub(super) left_out: Vec<LeftOut>,
}

/// A block that no test types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Why.
    pub(super) reason: String,
    pub(super) commands: Vec<Command>,
}

impl Page {
    /// Reads a page; its name is relative to the project.
    pub(super) fn read(name: &str) -> Self {
        let path = Path::new(PROJECT).join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        Self::parse(name, &text)
    }

    fn parse(name: &str, text: &str) -> Self {
        let mut page = Self { commands: Vec::new(), left_out: Vec::new() };
        let (mut block, mut reason) = (None, None);
        for (line, number) in text.lines().zip(1..) {
            match block {
                None if line.starts_with("```") => {
                    block = Some(match reason.take() {
                        Some(reason) => {
                            page.left_out.push(LeftOut { reason, commands: Vec::new() });
                            Kind::LeftOut
                        }
                        None if line == "```console" => Kind::Run,
                        None => Kind::Other,
                    });
                }
                Some(_) if line == "```" => block = None,
                Some(Kind::Run) => add(&mut page.commands, &format!("{name}:{number}"), line),
                Some(Kind::LeftOut) => {
                    let last = page.left_out.last_mut().expect("a block");
                    add(&mut last.commands, &format!("{name}:{number}"), line);
                }
                Some(Kind::Other) => {}
                None => {
                    if let Some(why) = line.strip_prefix(NOT_RUN) {
                        reason = Some(why.trim_end_matches("-->").trim().to_owned());
                    } else if !line.is_empty() {
                        reason = None;
                    }
                }
            }
        }
        page
    }
}

/// What a block holds.
enum Kind {
    Run,
    LeftOut,
    Other,
}

/// A line of a block: a command, the rest of one, or what it prints.
fn add(commands: &mut Vec<Command>, place: &str, line: &str) {
    if let Some(text) = line.strip_prefix("$ ") {
        let exit = text.rsplit_once(EXITS).map_or(0, |(_, code)| {
            let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_else(|_| panic!("{place}: no exit code"))
        });
        commands.push(Command { place: place.to_owned(), text: text.to_owned(), exit });
    } else if let (Some(more), Some(last)) = (line.strip_prefix("> "), commands.last_mut()) {
        last.text.push('\n');
        last.text.push_str(more);
    }
}

/// All pages of the project, relative to it.
pub(super) fn names() -> Vec<String> {
    let output = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"])
        .current_dir(PROJECT)
        .output()
        .expect("git");
    let names = String::from_utf8(output.stdout).expect("names of pages");
    // one that was removed and is not committed yet is listed all the same
    let is_there = |name: &&str| Path::new(PROJECT).join(name).exists();
    names.lines().filter(is_there).map(str::to_owned).collect()
}

#[test]
fn commands_are_told_from_output_and_blocks_left_out() {
    let page = Page::parse(
        "a.md",
        "```console\n$ teal plan  # exits 2: changes\nout\n$ cat <<X\n> $ a\n> X\n```\n\
         <!-- not run by the tests: it takes a cluster -->\n```console\n$ helm install\n```\n\
         ```yaml\n$ no\n```\n",
    );
    let command = |line: u8, text: &str, exit| Command {
        place: format!("a.md:{line}"),
        text: text.to_owned(),
        exit,
    };
    assert_eq!(
        page.commands,
        [command(2, "teal plan  # exits 2: changes", 2), command(4, "cat <<X\n$ a\nX", 0)]
    );
    let helm = LeftOut {
        reason: "it takes a cluster".to_owned(),
        commands: vec![command(10, "helm install", 0)],
    };
    assert_eq!(page.left_out, [helm]);
}
