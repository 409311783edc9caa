//! Names of the model for names of a source, which may be anything.
//!
//! Invariant: names are legal and unique, the same for the same source whatever the order, and a
//! name once given stays. Read first: [`Names`].

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use crate::name::{self, LONGEST};

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A dataset, after its table.
    Dataset,
    /// A column.
    Column,
}

impl What {
    pub(super) fn is_legal(self, name: &str) -> bool {
        !name.is_empty()
            && match self {
                Self::Dataset => name::fault(name).is_none(),
                Self::Column => name::column_fault(name).is_none(),
            }
    }

    /// Stands before what begins with something else than a letter, or is taken.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Dataset => "t_",
            Self::Column => "c_",
        }
    }
}

/// Names that are given out one after another.
#[derive(Debug)]
pub(super) struct Names {
    what: What,
    taken: BTreeSet<String>,
    given: BTreeMap<Real, String>,
}

/// A name at the source: schema and table, or nothing and a column.
pub(super) type Real = (String, String);

impl Names {
    /// `given`: names of earlier, which stay; `taken`: what nobody else may be called.
    pub(super) fn new(
        what: What,
        given: BTreeMap<Real, String>,
        taken: impl IntoIterator<Item = String>,
    ) -> Self {
        let taken = taken.into_iter().chain(given.values().cloned()).collect();
        Self { what, taken, given }
    }

    /// Names all of these. Those that are legal as they are come first, so that nobody takes their
    /// names away; then those of schema `public`, then by name.
    pub(super) fn give(&mut self, reals: impl IntoIterator<Item = Real>) {
        let mut reals: Vec<Real> =
            reals.into_iter().filter(|real| !self.given.contains_key(real)).collect();
        reals.sort_by_key(|real| (!self.what.is_legal(&real.1), real.0 != "public", real.clone()));
        for real in reals {
            let name = self.free(&real);
            self.taken.insert(name.clone());
            self.given.insert(real, name);
        }
    }

    /// The name of something that was named.
    pub(super) fn of(&self, schema: &str, name: &str) -> Option<&str> {
        self.given.get(&(schema.to_owned(), name.to_owned())).map(String::as_str)
    }

    fn free(&self, real: &Real) -> String {
        let (schema, name) = real;
        let plain = legal(name, self.what);
        let with_schema =
            (!schema.is_empty()).then(|| legal(&format!("{schema}_{name}"), self.what));
        let mut attempts = 0_u32;
        let hashed = std::iter::from_fn(|| {
            attempts += 1;
            Some(with_hash(&plain, &format!("{schema}\0{name}\0{attempts}")))
        });
        std::iter::once(plain.clone())
            .chain(with_schema)
            .chain(hashed)
            .find(|name| !self.taken.contains(name))
            .unwrap_or(plain) // never: the hashes do not end
    }
}

/// A legal name as close as can be: `OrderLine` → `order_line`, `Größe (cm)` → `grosse_cm`.
pub(super) fn legal(real: &str, what: What) -> String {
    if what.is_legal(real) {
        return real.to_owned();
    }
    let mut name = String::new();
    for word in words(real) {
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(&word);
    }
    if name.is_empty() {
        // nothing of it can be written with a-z
        return with_hash(what.prefix().trim_end_matches('_'), real);
    }
    if !what.is_legal(head(&name, LONGEST)) {
        name.insert_str(0, what.prefix());
    }
    if name.len() > LONGEST { with_hash(&name, real) } else { name }
}

/// Words of a-z and 0-9; they end at everything else, and where a capital begins a new one.
fn words(real: &str) -> Vec<String> {
    let plain: Vec<char> = real.nfkd().flat_map(folded).collect();
    let mut words = vec![String::new()];
    for (index, c) in plain.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| plain.get(index));
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let after = plain.get(index + 1).is_some_and(char::is_ascii_lowercase);
                before.is_ascii_lowercase() || before.is_ascii_digit() || after
            });
        if begins || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Letters that do not decompose, and marks that go with their letter.
fn folded(c: char) -> Vec<char> {
    match c {
        'ß' => vec!['s', 's'],
        'æ' | 'Æ' => vec!['a', 'e'],
        'œ' | 'Œ' => vec!['o', 'e'],
        'ø' | 'Ø' => vec!['o'],
        'ł' | 'Ł' => vec!['l'],
        'đ' | 'Đ' | 'ð' | 'Ð' => vec!['d'],
        'þ' | 'Þ' => vec!['t', 'h'],
        c if unicode_normalization::char::is_combining_mark(c) => Vec::new(),
        c => vec![c],
    }
}

/// What fits of the name, `_` and 8 hex digits of the real name's BLAKE3.
fn with_hash(name: &str, real: &str) -> String {
    let hash = blake3::hash(real.as_bytes()).to_hex();
    let hash = head(hash.as_str(), 8);
    format!("{}_{hash}", head(name, LONGEST - 9).trim_end_matches('_'))
}

/// The first bytes of an ASCII text.
fn head(text: &str, bytes: usize) -> &str {
    text.get(..bytes).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(what: What, given: &[(&str, &str, &str)], reals: &[(&str, &str)]) -> Vec<String> {
        let given = given.iter().map(|(s, r, n)| (real(s, r), (*n).to_owned())).collect();
        let mut names = Names::new(what, given, []);
        names.give(reals.iter().map(|(schema, name)| real(schema, name)));
        reals.iter().map(|(schema, name)| names.of(schema, name).unwrap().to_owned()).collect()
    }

    fn real(schema: &str, name: &str) -> Real {
        (schema.to_owned(), name.to_owned())
    }

    #[test]
    fn names_stay_as_close_as_the_rules_let_them() {
        for (real, name) in [
            ("orders", "orders"),
            ("OrderLine", "order_line"),
            ("HTTPServer2Log", "http_server2_log"),
            ("Größe (cm)", "grosse_cm"),
            ("café", "cafe"),
            ("2024 sales", "t_2024_sales"),
            ("a__b", "a_b"),
            ("_x_", "x"),
            ("public", "t_public"),
            ("pg_stat", "t_pg_stat"),
            ("Teal", "t_teal"),
            ("select", "select"),
            ("日本", "t_fb52b4c8"),
        ] {
            assert_eq!(legal(real, What::Dataset), name, "{real}");
        }
        let long = legal(&"Long name ".repeat(7), What::Dataset);
        assert!(long.len() == LONGEST && long.starts_with("long_name_long_name_"), "{long}");
        assert_eq!(legal("Teal_Batch", What::Column), "c_teal_batch");
        assert_eq!(legal("a__b", What::Column), "a__b", "columns may hold it");
        assert_eq!(legal("ctid ", What::Column), "c_ctid");
    }

    #[test]
    fn names_that_collide_get_their_schema_or_a_hash_whatever_the_order() {
        let all = [("audit", "orders"), ("public", "Orders"), ("public", "orders")];
        let expected = ["audit_orders", "public_orders", "orders"];
        assert_eq!(names(What::Dataset, &[], &all), expected);
        let mut turned = names(What::Dataset, &[], &[all[2], all[1], all[0]]);
        turned.reverse();
        assert_eq!(turned, expected);
        let columns = names(What::Column, &[], &[("", "Id"), ("", "ID"), ("", "i d")]);
        assert_eq!(columns, ["id_8ab38434", "id", "i_d"]);
    }

    #[test]
    fn a_name_once_given_stays_when_a_better_owner_comes() {
        let given = [("public", "Orders", "orders")];
        let all = [("public", "orders"), ("public", "Orders")];
        assert_eq!(names(What::Dataset, &given, &all), ["public_orders", "orders"]);
    }

    proptest! {
        #[test]
        fn any_names_become_legal_and_unique(
            reals in proptest::collection::btree_set("[a-zA-Z_é日 .\"0-9]{1,5}|\\PC{1,70}", 1..20),
        ) {
            for what in [What::Dataset, What::Column] {
                let mut names = Names::new(what, BTreeMap::new(), []);
                names.give(reals.iter().map(|name| real("s", name)));
                let given: BTreeSet<&str> =
                    reals.iter().map(|name| names.of("s", name).unwrap()).collect();
                prop_assert_eq!(given.len(), reals.len());
                for name in given {
                    prop_assert!(what.is_legal(name), "{}", name);
                }
            }
        }
    }
}
