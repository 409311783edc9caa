//! Names: what the model may call things, and what things are called in the merge store.

use crate::error::Code;

/// Longest identifier of PostgreSQL in bytes.
pub const LONGEST: usize = 63;

/// Why a name breaks the rules of names; `None`: it is fine.
pub(crate) fn fault(name: &str) -> Option<String> {
    let first = name.chars().next()?;
    if !first.is_ascii_lowercase() {
        return Some(format!("starts with `{first}`, not with a letter a-z"));
    }
    if let Some(odd) = name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '_')) {
        return Some(format!("holds `{}`", odd.escape_debug()));
    }
    if name.len() > LONGEST {
        return Some(format!("has {} characters", name.len()));
    }
    if name.contains("__") {
        return Some("holds `__`, which joins names in the merge store".to_owned());
    }
    if name.starts_with("teal") || name.starts_with("pg_") {
        return Some("starts with `teal` or `pg_`".to_owned());
    }
    matches!(name, "public" | "information_schema").then(|| "is taken by PostgreSQL".to_owned())
}

/// Why a credential cannot have this name, which becomes part of a variable or a path; `None`: it
/// can.
pub fn credential_fault(name: &str) -> Option<String> {
    let odd = |c: &char| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '.');
    match name.chars().next() {
        None => Some("is empty".to_owned()),
        Some(first) if !first.is_ascii_alphanumeric() => {
            Some(format!("starts with `{}`", first.escape_debug()))
        }
        Some(_) if name.len() > LONGEST => Some(format!("has {} characters", name.len())),
        Some(_) => name.chars().find(odd).map(|odd| format!("holds `{}`", odd.escape_debug())),
    }
}

/// System columns of PostgreSQL, which no table may declare.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Why a column may not have this name: which rule it breaks, and how.
pub(crate) fn column_fault(name: &str) -> Option<(Code, String)> {
    if name.starts_with("teal_") || SYSTEM_COLUMNS.contains(&name) {
        return Some((crate::code::MODEL0036, "is reserved".to_owned()));
    }
    // Columns stand alone, so `__` and the names of schemas do no harm.
    let pattern = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
        && name.len() <= LONGEST;
    if pattern { None } else { Some((crate::code::MODEL0020, fault(name)?)) }
}

/// Name in the merge store: the parts joined by `__`. Past 63 bytes: what fits of it, `_` and 8
/// hex digits of the BLAKE3 of the whole.
pub fn physical(parts: &[&str]) -> String {
    shorten(parts.join("__"))
}

/// Reader role of a workspace.
pub fn reader_role(workspace: &str) -> String {
    shorten(format!("teal_{workspace}_reader"))
}

fn shorten(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let head: String = name.chars().take(LONGEST - 9).collect(); // names are ASCII
    format!("{head}_{}", hash.as_str().chars().take(8).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_cannot_leave_their_folder() {
        for good in ["shop", "shop-reader", "shop.reader_2", "7", "Shop"] {
            assert_eq!(credential_fault(good), None, "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "-x", "a b", "ä", "a\0", &"a".repeat(64)] {
            assert!(credential_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn names_keep_the_rules() {
        for good in ["a", "shop", "a_1", "te", "pgx", "public_data", &"a".repeat(63)] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "Shop",
            "1a",
            "_a",
            "a-b",
            "a b",
            "ä",
            "a__b",
            "teal",
            "teal_x",
            "tealium",
            "pg_x",
            "public",
            "information_schema",
            &"a".repeat(64),
            "a\"b",
            "a/b",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn columns_keep_their_own_rules() {
        for good in ["id", "a__b", "public", "teal"] {
            assert_eq!(column_fault(good), None, "{good}");
        }
        for bad in ["teal_hash", "ctid", "Id", "a b", "1a", &"a".repeat(64)] {
            assert!(column_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn long_names_end_in_a_hash() {
        assert_eq!(physical(&["shop", "orders"]), "shop__orders");
        let (a, b) = ("s".repeat(40), "d".repeat(40));
        let long = physical(&[&a, &b]);
        assert_eq!(long, format!("{a}__{}_806c9203", "d".repeat(12)));
        assert_eq!(long.len(), 63);
        assert_ne!(long, physical(&[&a, &b, "history"]));
        assert_eq!(reader_role("reporting"), "teal_reporting_reader");
        assert_eq!(reader_role(&a.repeat(2)).len(), 63);
    }
}
