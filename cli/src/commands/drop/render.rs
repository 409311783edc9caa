//! Retired tables for people.

use teal_activities::provision::drop::Retired;

use crate::ui::{
    table::{self, Side, cell},
    units::{self, Clock},
};

/// A line for each table.
pub(super) fn list<'a>(
    retired: impl IntoIterator<Item = &'a Retired>,
    clock: &Clock,
    width: Option<u16>,
) -> String {
    let mut table = table::table(&[
        ("DATASET", Side::Left),
        ("ROWS", Side::Right),
        ("SIZE", Side::Right),
        ("RETIRED", Side::Left),
        ("DROPPABLE", Side::Left),
        ("TABLE", Side::Left),
    ]);
    for one in retired {
        let when = if one.is_due { "since" } else { "from" };
        table.add_row([
            cell(one.label()),
            cell(units::count(one.current_rows)),
            cell(one.bytes.map_or_else(|| "gone".to_owned(), units::bytes)),
            cell(clock.time(one.retired_at)),
            cell(format!("{when} {}", clock.time(one.drop_after))),
            cell(&one.table),
        ]);
    }
    table::fit_into(&mut table, width, &["ROWS", "RETIRED"]);
    table::render(&table)
}

#[cfg(test)]
pub(super) mod sample {
    use super::*;
    use crate::ui::batch::sample::at;
    use teal_model::release::TableName;

    /// Retired eight days ago, or yesterday.
    pub(in crate::commands::drop) fn retired(
        stream: &str,
        dataset: &str,
        id: i64,
        is_due: bool,
    ) -> Retired {
        const DAY: i64 = 86_400;
        let age = if is_due { 8 } else { 1 };
        let (platform, store) = stream.split_once('/').unwrap();
        let table = |schema: &str, name: String| TableName { schema: schema.to_owned(), name };
        Retired {
            id,
            stream: stream.parse().ok(),
            dataset: dataset.to_owned(),
            was: table(platform, format!("{store}__{dataset}")),
            table: table("teal_retired", format!("{store}__{dataset}__{id}")),
            current_rows: 12_345,
            bytes: is_due.then_some(3 << 20),
            retired_at: at(-age * DAY).unwrap(),
            drop_after: at((7 - age) * DAY).unwrap(),
            is_due,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{sample::retired, *};
    use crate::ui::{batch::sample::at, style::plain};

    #[test]
    fn a_line_says_what_waits_and_how_long() {
        let tables =
            [retired("past/shop", "orders", 1, true), retired("old/crm", "people", 2, false)];
        let clock = Clock::at(at(0).unwrap(), TimeZone::UTC);
        insta::assert_snapshot!(plain(&list(&tables, &clock, None)), @"
        DATASET             ROWS     SIZE  RETIRED              DROPPABLE                  TABLE
        past/shop/orders  12.3 K  3.0 MiB  2023-11-06 22:13:20  since 2023-11-13 22:13:20  teal_retired.shop__orders__1
        old/crm/people    12.3 K     gone  2023-11-13 22:13:20  from 2023-11-20 22:13:20   teal_retired.crm__people__2
        ");
    }
}
