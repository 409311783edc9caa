//! Composing: the parser's events become trees, within limits.

use std::{collections::HashMap, rc::Rc};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::{Content, Finding, Key, Node, Report, Span};
use crate::code;

/// Largest file. A thousand datasets of fifty columns take about 2 MB.
pub(crate) const MOST_BYTES: usize = 8 << 20;
/// Most nodes of one file: a node takes about 150 bytes, so 75 MB at worst.
const MOST_NODES: usize = 500_000;
/// Most nodes that aliases of one file may stand for, so that a few lines cannot become millions.
const MOST_ALIASED: usize = 50_000;
/// Deepest nesting; documents need eight levels.
const DEEPEST: usize = 64;

/// Words of the parser for what people do most often, and what helps.
const ADVICE: [(&str, &str); 6] = [
    ("tabs", "indent this line by spaces: YAML takes no tabs"),
    ("flow", "close the bracket, or put a comma between its entries"),
    ("quoted scalar", "close the quote that begins at the mark"),
    (
        "mapping values are not allowed",
        "a text that holds `: ` stands in quotes; the `:` of a field is followed by a blank, and its \
         line is not indented deeper than its neighbours",
    ),
    ("simple key", "write `field: value`: the colon and a blank are missing"),
    ("did not find expected key", "indent this line exactly as those beside it"),
];

/// Reads all documents of a file. A document with a mistake in its YAML is reported and left out;
/// those after it are read.
pub(crate) fn compose(file: usize, text: &str, report: &mut Report) -> Vec<Rc<Node>> {
    if text.len() > MOST_BYTES {
        let message = format!("the file is larger than {} MiB", MOST_BYTES >> 20);
        report.add(Finding::new(code::MODEL0003, Span::start_of(file), message));
        report.gap();
        return Vec::new();
    }
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut composer = Composer::new(file, report);
    loop {
        match parser.next_event() {
            None => return composer.documents,
            Some(Ok((event, span))) => {
                if composer.take(event, &span).is_err() {
                    composer.report.gap();
                    return composer.documents;
                }
            }
            Some(Err(error)) => {
                composer.syntax_error(&error);
                if !composer.resume(&mut parser) {
                    return composer.documents;
                }
            }
        }
    }
}

/// The file is beyond its limits (reported); reading it ends.
struct TooMuch;

/// An open list or mapping.
struct Open {
    at: Span,
    anchor: usize,
    /// Nodes in it, itself included, aliases counted as what they stand for.
    weight: usize,
    content: Content,
    /// The key whose value comes next.
    key: Option<Key>,
    keys: HashMap<String, Span>,
}

struct Composer<'a> {
    file: usize,
    report: &'a mut Report,
    documents: Vec<Rc<Node>>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Rc<Node>, usize)>,
    nodes: usize,
    aliased: usize,
    /// Where the document was found broken: what follows in that line is no news.
    broken: Option<Span>,
    /// Whether the document says `kind:` twice, so that a `---` is missing in it.
    two_in_one: bool,
}

impl<'a> Composer<'a> {
    fn new(file: usize, report: &'a mut Report) -> Self {
        Self {
            file,
            report,
            documents: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            aliased: 0,
            broken: None,
            two_in_one: false,
        }
    }

    fn take(&mut self, event: Event<'_>, span: &granit_parser::Span) -> Result<(), TooMuch> {
        let at = Span::of(self.file, span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let content = Content::Scalar { text: text.into_owned(), plain };
                let content =
                    if self.accepts(tag.as_deref(), at) { content } else { Content::Broken };
                self.count(at)?;
                self.complete(Node { at, content }, anchor, 1);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.accepts(tag.as_deref(), at);
                self.begin(Content::List(Vec::new()), anchor, at)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.accepts(tag.as_deref(), at);
                self.begin(Content::Map(Vec::new()), anchor, at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let node = Node { at: open.at, content: open.content };
                    self.complete(node, open.anchor, open.weight);
                }
            }
            Event::Alias(anchor) => self.alias(anchor, at)?,
            Event::UnresolvedAlias(name) => {
                let message = format!("nothing is anchored as `&{name}` before this");
                let help = "a text that starts with `*` or `&` stands in quotes: \"*/5 * * * *\"";
                self.report.add(Finding::new(code::MODEL0001, at, message).help(help));
                self.broken = Some(at);
                self.complete(Node { at, content: Content::Broken }, 0, 1);
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                self.two_in_one = false;
            }
            _ => {} // starts of the stream and of documents, anchors' names
        }
        Ok(())
    }

    fn begin(&mut self, content: Content, anchor: usize, at: Span) -> Result<(), TooMuch> {
        self.count(at)?;
        self.open.push(Open { at, anchor, weight: 1, content, key: None, keys: HashMap::new() });
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize, weight: usize) {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::clone(&node), weight));
        }
        self.place(node, weight);
    }

    fn place(&mut self, node: Rc<Node>, weight: usize) {
        let depth = self.open.len();
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        open.weight = open.weight.saturating_add(weight);
        let at_top = depth == 1;
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => match open.key.take() {
                None => open.key = Some(key_of(&node, self.report)),
                Some(key) if key.text.is_empty() => {} // reported by `key_of`
                Some(key) => match open.keys.get(&key.text) {
                    // All the fields of the second document are there twice: one error says it.
                    Some(_) if self.two_in_one && at_top => {}
                    Some(first) if at_top && key.text == "kind" => {
                        self.two_in_one = true;
                        self.report.gap();
                        let message = "`kind` is written twice";
                        self.report.add(
                            Finding::new(code::MODEL0002, key.at, message)
                                .also("first written here", *first)
                                .help("separate two documents by a line `---`"),
                        );
                    }
                    Some(first) => self.report.add(
                        Finding::new(
                            code::MODEL0002,
                            key.at,
                            format!("`{}` is written twice", key.text),
                        )
                        .also("first written here", *first),
                    ),
                    None => {
                        open.keys.insert(key.text.clone(), key.at);
                        entries.push((key, node));
                    }
                },
            },
            Content::Scalar { .. } | Content::Broken => {}
        }
    }

    /// An alias stands for its anchor's node, which is shared; what it stands for is counted.
    fn alias(&mut self, anchor: usize, at: Span) -> Result<(), TooMuch> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            let message = "an alias stands inside of what it names";
            self.report.add(Finding::new(code::MODEL0004, at, message));
            self.complete(Node { at, content: Content::Broken }, 0, 1);
            return Ok(());
        };
        let (node, weight) = (Rc::clone(node), *weight);
        self.aliased = self.aliased.saturating_add(weight);
        if self.aliased > MOST_ALIASED {
            let message = format!("aliases of this file stand for more than {MOST_ALIASED} nodes");
            self.report.add(Finding::new(code::MODEL0003, at, message));
            return Err(TooMuch);
        }
        self.place(node, weight);
        Ok(())
    }

    fn count(&mut self, at: Span) -> Result<(), TooMuch> {
        self.nodes += 1;
        if self.nodes <= MOST_NODES {
            return Ok(());
        }
        let message = format!("the file holds more than {MOST_NODES} values");
        self.report.add(Finding::new(code::MODEL0003, at, message));
        Err(TooMuch)
    }

    /// Tags of the core schema say what is plain anyway; others mean nothing here.
    fn accepts(&mut self, tag: Option<&Tag>, at: Span) -> bool {
        let Some(tag) = tag.filter(|tag| tag.is_custom()) else { return true };
        let message = format!("the tag `{}` means nothing in a model", tag.original());
        self.report.add(Finding::new(code::MODEL0004, at, message));
        false
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let at = Span::at(self.file, error.marker(), 0);
        self.report.gap();
        if self.broken.is_some_and(|broken| broken.is_in_line_of(at)) {
            return;
        }
        self.report.add(match error.kind() {
            ErrorKind::RecursionLimitExceeded => {
                let message = format!("the document is nested more than {DEEPEST} levels deep");
                Finding::new(code::MODEL0003, at, message)
            }
            kind => self.broken_at(at, &kind.to_string()),
        });
    }

    /// A mistake of YAML, with what to do about this kind of it.
    fn broken_at(&self, at: Span, why: &str) -> Finding {
        let finding = Finding::new(code::MODEL0001, at, format!("not valid YAML: {why}"));
        let advice = ADVICE.iter().find(|(words, _)| why.contains(words));
        let finding = match advice {
            Some((_, help)) => finding.help(*help),
            None => finding,
        };
        // Reading stops far behind a bracket that is not closed.
        match self.open.last().filter(|_| why.contains("flow")) {
            Some(open) => finding.also("this is not closed", open.at),
            None => finding,
        }
    }

    /// Goes on with the next document. The broken one is given up; one error for each is enough.
    fn resume<'t>(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> bool {
        self.broken = None;
        self.two_in_one = false;
        self.open.clear();
        self.anchors.clear();
        parser.proceed_next_document().unwrap_or(false)
    }
}

/// A node in the place of a key. The text is empty when it cannot be one, which is reported.
fn key_of(node: &Node, report: &mut Report) -> Key {
    let text = match &node.content {
        Content::Scalar { text, .. } if !text.is_empty() => text.clone(),
        Content::Broken => String::new(),
        Content::Scalar { .. } | Content::List(_) | Content::Map(_) => {
            let message = format!("{} cannot be the name of a field", node.describe());
            report.add(Finding::new(code::MODEL0004, node.at, message));
            String::new()
        }
    };
    Key { at: node.at, text }
}
