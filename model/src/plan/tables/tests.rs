use super::*;

fn column(text: &str) -> ColumnSpec {
    let (name, column_type) = text.split_once(' ').unwrap();
    let (column_type, nullable) = match column_type.strip_suffix('?') {
        Some(column_type) => (column_type, true),
        None => (column_type, false),
    };
    let (name, formerly) = match name.split_once('<') {
        Some((name, old)) => (name, vec![old.to_owned()]),
        None => (name, Vec::new()),
    };
    ColumnSpec {
        name: name.to_owned(),
        source: None,
        formerly,
        column_type: column_type.parse().unwrap(),
        nullable,
    }
}

fn dataset(key: &[&str], columns: &[&str]) -> DatasetSpec {
    let table = |schema: &str| TableName { schema: schema.into(), name: "shop__orders".into() };
    DatasetSpec {
        name: "orders".into(),
        formerly: Vec::new(),
        source: table("public"),
        table: table("live"),
        key: key.iter().map(|&name| name.to_owned()).collect(),
        columns: columns.iter().map(|text| column(text)).collect(),
    }
}

fn state(columns: &[&str], retained: &[&str]) -> TableState {
    TableState {
        layout: dataset(&["id"], columns),
        retained: retained.iter().map(|text| column(text)).collect(),
    }
}

fn steps(before: &TableState, wanted: &[&str], style: Style) -> (Vec<String>, TableState) {
    match table_change(before, &dataset(&["id"], wanted), style) {
        TableChange::Alter(alteration) => {
            let text = alteration.steps.iter().map(|step| match step {
                ColumnStep::Drop { column } => format!("drop {column}"),
                ColumnStep::DropNotNull { column } => format!("null {column}"),
                ColumnStep::Rename { from, to } => format!("{from} > {to}"),
                ColumnStep::Widen { column, to, .. } => format!("{column} as {to}"),
                ColumnStep::Add { column } => format!("add {}", column.name),
            });
            (text.collect(), alteration.after)
        }
        TableChange::Same => (vec!["same".into()], before.clone()),
        TableChange::Rebuild { why } => (why, before.clone()),
    }
}

#[test]
fn each_difference_has_its_steps() {
    let before = state(&["id bigint", "note varchar(8)", "paid boolean"], &[]);
    for (wanted, live, milestoned) in [
        (vec!["id bigint", "note varchar(8)", "paid boolean"], "same", "same"),
        (vec!["paid boolean", "id bigint", "note varchar(8)"], "same", "same"),
        (vec!["id bigint", "note varchar(8)", "paid boolean", "vip boolean"], "add vip", "add vip"),
        (vec!["id bigint", "note varchar(9)?", "paid boolean"], "null note,note as varchar(9)", ""),
        (vec!["id bigint", "note varchar(8)"], "drop paid", "null paid"),
        (
            vec!["id bigint", "remark<note varchar(8)", "paid boolean"],
            "note > remark",
            "note > remark",
        ),
        (
            vec!["id bigint", "note varchar(7)", "paid boolean"],
            "column note: varchar(8) → varchar(7)",
            "",
        ),
    ] {
        assert_eq!(steps(&before, &wanted, Style::Live).0.join(","), live);
        if !milestoned.is_empty() {
            assert_eq!(steps(&before, &wanted, Style::Milestoned).0.join(","), milestoned);
        }
    }
}

#[test]
fn columns_in_place_keep_their_order_and_new_ones_come_last() {
    let before = state(&["id bigint", "note text"], &[]);
    let (_, after) = steps(&before, &["vip boolean", "note text", "id bigint"], Style::Live);
    let names: Vec<&str> = after.layout.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["id", "note", "vip"]);
}

#[test]
fn a_retained_column_comes_back_or_makes_room() {
    let before = state(&["id bigint"], &["paid boolean?"]);
    let (text, after) = steps(&before, &["id bigint", "paid boolean?"], Style::Milestoned);
    assert_eq!(text, Vec::<String>::new());
    assert!(after.retained.is_empty());
    let (text, after) = steps(&before, &["id bigint", "paid date?"], Style::Milestoned);
    assert_eq!(text, ["paid > paid__1", "add paid"]);
    assert_eq!(after.retained[0].name, "paid__1");
}

#[test]
fn another_key_is_a_rebuild_and_a_renamed_key_is_not() {
    let before = state(&["id bigint", "line integer"], &[]);
    let two = dataset(&["id", "line"], &["id bigint", "line integer"]);
    let change = table_change(&before, &two, Style::Live);
    assert_eq!(change, TableChange::Rebuild { why: vec!["key (id) → (id, line)".into()] });
    let renamed = dataset(&["number"], &["number<id bigint", "line integer"]);
    let change = table_change(&before, &renamed, Style::Live);
    assert!(matches!(change, TableChange::Alter(_)));
}

#[test]
fn applying_a_change_twice_finds_nothing_to_do() {
    let before = state(&["id bigint", "note varchar(8)", "paid boolean"], &["old text?"]);
    for style in [Style::Live, Style::Milestoned] {
        let wanted =
            dataset(&["id"], &["id bigint", "remark<note text?", "old date?", "new text?"]);
        let TableChange::Alter(alteration) = table_change(&before, &wanted, style) else {
            panic!("an alteration");
        };
        assert_eq!(table_change(&alteration.after, &wanted, style), TableChange::Same);
    }
}

#[test]
fn a_type_widens_only_without_loss() {
    for (from, to, expected) in [
        ("integer", "bigint", true),
        ("bigint", "integer", false),
        ("bigint", "double", false),
        ("bigint", "decimal(19,0)", true),
        ("bigint", "decimal(20,2)", false),
        ("decimal(10,2)", "decimal(12,4)", true),
        ("decimal(10,2)", "decimal(11,4)", false),
        ("decimal(10,2)", "decimal(12,1)", false),
        ("varchar(3)", "text", true),
        ("text", "varchar(3)", false),
        ("integer[]", "bigint[]", true),
        ("timestamp", "timestamptz", false),
        ("json", "jsonb", false),
    ] {
        let widened = widens(&from.parse().unwrap(), &to.parse().unwrap());
        assert_eq!(widened, expected, "{from} to {to}");
    }
}

#[test]
fn any_earlier_name_is_found_in_place() {
    let before = state(&["id bigint", "note text"], &[]);
    let mut wanted = dataset(&["id"], &["id bigint", "remark text"]);
    wanted.columns[1].formerly = vec!["comment".into(), "note".into()];
    let TableChange::Alter(change) = table_change(&before, &wanted, Style::Live) else {
        panic!("an alteration");
    };
    assert_eq!(change.steps, [ColumnStep::Rename { from: "note".into(), to: "remark".into() }]);
}
