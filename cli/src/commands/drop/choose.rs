//! Which retired tables a person means.

use teal_activities::provision::drop::Retired;
use teal_model::{Error, Result, closest, discover::matches};

use crate::{code, ui::units};

/// Tables that an error or a question names; of more it tells the number.
const NAMED: usize = 8;

/// Those that meet any of the names and patterns (all, without one), each once. `expired`: only
/// those whose days are over. Every name and pattern has to meet at least one.
///
/// # Errors
/// `CLI0043` naming what met none, and what is there.
pub(super) fn choose<'a>(
    retired: &'a [Retired],
    patterns: &[String],
    expired: bool,
) -> Result<Vec<&'a Retired>> {
    if let Some(unmet) = patterns.iter().find(|pattern| !retired.iter().any(|t| meets(t, pattern)))
    {
        return Err(unknown(retired, unmet));
    }
    let wanted = |table: &&Retired| {
        (patterns.is_empty() || patterns.iter().any(|pattern| meets(table, pattern)))
            && (table.is_due || !expired)
    };
    Ok(retired.iter().filter(wanted).collect())
}

fn meets(table: &Retired, pattern: &str) -> bool {
    spellings(table).iter().any(|name| matches(pattern, name))
}

/// All that a person may call it.
fn spellings(table: &Retired) -> Vec<String> {
    let mut names = vec![
        table.label(),
        table.was.to_string(),
        table.table.to_string(),
        table.table.name.clone(),
    ];
    if let Some(stream) = &table.stream {
        names.push(stream.to_string());
        names.push(format!("{}/{}", stream.platform(), stream.store()));
        names.push(stream.platform().to_owned());
    }
    names
}

fn unknown(retired: &[Retired], pattern: &str) -> Error {
    let names: Vec<String> = retired.iter().flat_map(spellings).collect();
    let mut error = Error::new(code::CLI0043).with("table", pattern);
    if let Some(nearest) = closest(pattern, names.iter().map(String::as_str)) {
        error = error.with("nearest", nearest);
    }
    if retired.is_empty() {
        return error.with("there_are", "none");
    }
    error.with("there_are", list(retired.iter()))
}

/// `2 tables: past/shop/orders, past/shop/people`
pub(super) fn names(chosen: &[&Retired]) -> String {
    let count = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
    format!("{}: {}", units::counted(count, "table"), list(chosen.iter().copied()))
}

fn list<'a>(tables: impl ExactSizeIterator<Item = &'a Retired>) -> String {
    let more = tables.len().saturating_sub(NAMED);
    let mut names: Vec<String> = tables.take(NAMED).map(Retired::label).collect();
    names.dedup();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::drop::render::sample::retired;

    #[test]
    fn tables_are_meant_by_dataset_stream_platform_name_or_pattern() {
        let tables =
            [retired("past/shop", "orders", 1, true), retired("old/crm", "people", 2, false)];
        let chosen = |pattern: &str, expired| {
            let chosen = choose(&tables, &[pattern.to_owned()], expired).unwrap();
            chosen.iter().map(|table| table.id).collect::<Vec<_>>()
        };
        for pattern in [
            "past/shop/orders",
            "past/shop",
            "past",
            "past/*",
            "past.shop__orders",
            "teal_retired.shop__orders__1",
            "shop__orders__1",
        ] {
            assert_eq!(chosen(pattern, false), [1], "{pattern}");
        }
        assert_eq!(chosen("*", false), [1, 2]);
        assert_eq!(chosen("*", true), [1]);
        assert!(chosen("old", true).is_empty());
        assert_eq!(choose(&tables, &[], true).unwrap().len(), 1);
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest_and_all_there_are() {
        let tables =
            [retired("past/shop", "orders", 1, true), retired("old/crm", "people", 2, false)];
        let patterns = ["past".to_owned(), "past/shop/order".to_owned()];
        insta::assert_snapshot!(
            choose(&tables, &patterns, false).unwrap_err().one_line(),
            @"[CLI0043] there is no such retired table (table: past/shop/order, nearest: past/shop/orders, there_are: past/shop/orders, old/crm/people)"
        );
        insta::assert_snapshot!(choose(&[], &patterns, true).unwrap_err().one_line(), @"[CLI0043] there is no such retired table (table: past, there_are: none)");
    }
}
