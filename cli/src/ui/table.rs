//! Plain tables: a header, aligned columns, two spaces between, no frame.

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets::NOTHING};

pub(crate) use comfy_table::Color;

/// Which side a column leans to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table with these columns. It fits itself to the terminal behind stdout and is never wrapped
/// into a pipe.
pub(crate) fn table(columns: &[(&str, Side)]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .enforce_styling() // the printer strips it where colour is unwanted
        .set_header(
            columns.iter().map(|(title, _)| Cell::new(title).add_attribute(Attribute::Bold)),
        );
    table.style_text_only(); // so that trailing blanks can be cut
    for (index, (_, side)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            if *side == Side::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table
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
