//! Which tables of a source are looked at.

use crate::{document::datastore::Discover, release::TableName};

/// Which tables of a source are looked at: of these schemas, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Schemas.
    pub schemas: Vec<String>,
    /// Patterns of names, with `*` for any text and `?` for any character; none: all tables.
    pub tables: Vec<String>,
    /// Patterns of names that are left out.
    pub exclude: Vec<String>,
    /// Whether views and materialised views are looked at.
    pub views: bool,
    /// Whether foreign tables are looked at.
    pub foreign_tables: bool,
}

impl Selection {
    /// What the document says, or else all of schema `public`.
    pub fn of(document: Option<&Discover>) -> Self {
        let texts = |list: &[crate::Spanned<String>]| -> Vec<String> {
            list.iter().map(|text| text.value.clone()).collect()
        };
        let said =
            |flag: &Option<crate::Spanned<bool>>| flag.as_ref().is_none_or(|flag| flag.value);
        let Some(document) = document else {
            let schemas = vec!["public".to_owned()];
            return Self { schemas, views: true, foreign_tables: true, ..Self::default() };
        };
        Self {
            schemas: match texts(&document.schemas) {
                schemas if schemas.is_empty() => vec!["public".to_owned()],
                schemas => schemas,
            },
            tables: texts(&document.tables),
            exclude: texts(&document.exclude),
            views: said(&document.views),
            foreign_tables: said(&document.foreign_tables),
        }
    }

    /// Whether a table of this name is looked at. A pattern is held against its name, and against
    /// its name with the schema.
    pub fn takes(&self, table: &TableName) -> bool {
        let whole = table.to_string();
        let any = |patterns: &[String]| {
            patterns.iter().any(|p| matches(p, &table.name) || matches(p, &whole))
        };
        self.schemas.contains(&table.schema)
            && (self.tables.is_empty() || any(&self.tables))
            && !any(&self.exclude)
    }
}

/// Whether the pattern describes the whole text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut star) = (0, None);
    let mut wanted = 0;
    while at < text.len() {
        match pattern.get(wanted) {
            Some('*') => {
                star = Some((wanted, at));
                wanted += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(at) => {
                at += 1;
                wanted += 1;
            }
            _ => match star {
                // the last star takes one character more
                Some((place, from)) => {
                    star = Some((place, from + 1));
                    wanted = place + 1;
                    at = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(wanted).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_describe_whole_names() {
        for (pattern, text) in
            [("*", ""), ("a*c", "abbc"), ("a?c", "abc"), ("*.o*", "sales.orders"), ("*ab", "aab")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("?", ""), ("a*b", "abc"), ("A", "a"), ("", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn tables_are_taken_by_schema_and_name() {
        let selection = Selection {
            schemas: vec!["public".to_owned()],
            tables: vec!["order*".to_owned()],
            exclude: vec!["public.*_old".to_owned()],
            ..Selection::default()
        };
        let takes = |schema: &str, name: &str| {
            selection.takes(&TableName { schema: schema.to_owned(), name: name.to_owned() })
        };
        assert!(takes("public", "orders"));
        assert!(
            !takes("public", "orders_old") && !takes("sales", "orders") && !takes("public", "x")
        );
    }
}
