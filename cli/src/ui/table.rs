//! Plain tables: a header, aligned columns, two spaces between, no frame.

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets::NOTHING,
};

pub(crate) use comfy_table::Color;

/// Blanks between two columns.
const GAP: u16 = 2;

/// Which side a column leans to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table with these columns. Cells are never wrapped; see [`fit`].
pub(crate) fn table(columns: &[(&str, Side)]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .enforce_styling() // the printer strips it where colour is unwanted
        .set_header(
            columns.iter().map(|(title, _)| Cell::new(title).add_attribute(Attribute::Bold)),
        );
    table.style_text_only(); // so that trailing blanks can be cut
    for (index, (_, side)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, GAP));
            if *side == Side::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table
}

/// Columns of the terminal behind stdout; `None`: a pipe or a file.
pub(crate) fn terminal_width() -> Option<u16> {
    Table::new().width()
}

/// As [`fit_into`], for the terminal behind stdout.
pub(crate) fn fit(table: &mut Table, expendable: &[&str]) {
    fit_into(table, terminal_width(), expendable);
}

/// Hides columns, the first of `expendable` first, until a row fits into `width`. `None`, as behind
/// a pipe: all are shown.
pub(crate) fn fit_into(table: &mut Table, width: Option<u16>, expendable: &[&str]) {
    let Some(width) = width else { return };
    let titles: Vec<String> =
        table.header().into_iter().flat_map(|row| row.cell_iter().map(Cell::content)).collect();
    let mut widths = table.column_max_content_widths();
    for title in expendable {
        let needed: u16 = widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum();
        if needed <= width.saturating_add(GAP) {
            return;
        }
        if let Some(index) = titles.iter().position(|known| known == title)
            && let Some(column) = table.column_mut(index)
        {
            column.set_constraint(ColumnConstraint::Hidden);
            widths[index] = 0;
        }
    }
}

/// The table as text without trailing blanks.
pub(crate) fn render(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A cell in the default colour.
pub(crate) fn cell(text: impl ToString) -> Cell {
    Cell::new(text)
}

/// A cell in a colour.
pub(crate) fn colored(text: impl ToString, color: Color) -> Cell {
    Cell::new(text).fg(color)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;

    #[test]
    fn a_narrow_terminal_loses_columns_and_breaks_no_word() {
        let mut table =
            table(&[("STREAM", Side::Left), ("ROWS", Side::Right), ("ERROR", Side::Left)]);
        table.add_row([cell("live/shop"), cell("120 K"), cell("PG0002")]);
        fit_into(&mut table, Some(24), &["ROWS", "ERROR"]);
        assert_eq!(plain(&render(&table)), "STREAM      ROWS  ERROR\nlive/shop  120 K  PG0002");
        fit_into(&mut table, Some(23), &["ROWS", "ERROR"]);
        assert_eq!(plain(&render(&table)), "STREAM     ERROR\nlive/shop  PG0002");
    }
}
