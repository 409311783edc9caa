//! The whole way: found tables become files, which become a release.

use proptest::prelude::*;

use super::*;
use crate::{
    ModelFile, load, read,
    release::{TableName, Tls, TlsMode},
    types::ColumnType,
};

/// That of the example of all tests of this crate.
const BASE: &str = include_str!("../tests/shop/ecosystem.yaml");

const STORE: &str = "\
kind: Datastore
name: shop
team: retail/online
source: {postgres: {host: localhost, database: shop}, credential: shop_reader}
ingest: {snapshot: {}}
schedule: external
";

/// A model that grows as discover is run again and again.
struct Model(Vec<ModelFile>);

impl Model {
    fn new(overlay: &str) -> Self {
        Self(vec![
            ModelFile::new("base.yaml", BASE),
            ModelFile::new("stores/shop.yaml", format!("{STORE}{overlay}")),
        ])
    }

    fn overlay(&mut self, overlay: &str) {
        self.0[1].text = format!("{STORE}{overlay}");
    }

    /// What a run says.
    fn draft(&self, tables: &[FoundTable]) -> Draft {
        let documents = read(&self.0).unwrap_or_else(|found| panic!("{found}"));
        let present = tables.iter().map(|found| found.table.clone()).collect();
        let found = Found { tables: tables.to_vec(), present };
        draft(&documents, "shop", "stores/shop", &Selection::of(None), &found).unwrap()
    }

    /// A run, written.
    fn discover(&mut self, tables: &[FoundTable]) -> Draft {
        let draft = self.draft(tables);
        for change in &draft.files {
            self.0.retain(|file| file.path != change.path);
            self.0.push(ModelFile::new(&*change.path, &*change.new));
        }
        draft
    }

    fn text(&self, path: &str) -> &str {
        &self.0.iter().find(|file| file.path == path).unwrap().text
    }
}

fn table(name: &str, key: &[&str], columns: Vec<FoundColumn>) -> FoundTable {
    FoundTable {
        table: TableName { schema: "public".to_owned(), name: name.to_owned() },
        kind: TableKind::Table,
        comment: None,
        key: key.iter().map(|&column| column.to_owned()).collect(),
        no_key: None,
        columns,
        estimate: Estimate { rows: Some(1_200_000), bytes: Some(350_000_000) },
        obstacles: Vec::new(),
    }
}

fn column(name: &str, column_type: &str, source_type: &str) -> FoundColumn {
    FoundColumn {
        name: name.to_owned(),
        source_type: source_type.to_owned(),
        says_all: source_type != "order_state",
        column_type: Ok(column_type.parse::<ColumnType>().unwrap()),
        nullable: false,
        comment: None,
    }
}

fn orders() -> FoundTable {
    let mut state = column("State", "text", "order_state");
    state.nullable = true;
    let mut amount = column("amount", "decimal(12,2)", "numeric(12,2)");
    amount.nullable = true;
    amount.comment =
        Some("gross, in the currency of the order; refunds are rows of their own".to_owned());
    let mut place = column("geo point", "text", "geometry(Point,4326)");
    place.column_type = Err("Teal does not know it".to_owned());
    let columns = vec![
        column("id", "bigint", "bigint"),
        state,
        amount,
        column("no", "native:inet", "inet"),
        column("tags", "text[]", "text[]"),
        place,
    ];
    FoundTable {
        comment: Some("Orders: \"all\"\nof them".to_owned()),
        ..table("Order Lines", &["id"], columns)
    }
}

#[test]
fn a_table_becomes_a_file_that_compiles() {
    let mut model = Model::new("");
    let draft = model.discover(&[orders()]);
    assert_eq!(draft.files[0].path, "stores/shop/order_lines.yaml");
    insta::assert_snapshot!(model.text("stores/shop/order_lines.yaml"), @r##"
    # Written by `teal discover`; the next one writes it anew. What you add belongs
    # into the Datastore `shop`, under `datasets: {order_lines: …}`.
    # estimated rows: 1200000, bytes: 350000000
    kind: Dataset
    store: shop
    name: order_lines
    description: "Orders: \"all\"\nof them"
    table: "public.Order Lines"
    key: [id]
    columns:
      id: bigint
      state: {type: text, nullable: true, source: State}  # order_state
      amount:
        type: decimal(12,2)
        nullable: true
        description: "gross, in the currency of the order; refunds are rows of their own"
      "no": {native: inet}
      tags: text[]
      # "geo point": geometry(Point,4326) is left out: Teal does not know it
    "##);
    model.0.push(ModelFile::new(
        "w.yaml",
        workspace_text("reporting", "retail/online", "shop", &draft.datasets),
    ));
    let release = load(&model.0).unwrap_or_else(|found| panic!("{found}"));
    let dataset = &release.jobs[0].stream.datasets[0];
    assert_eq!((dataset.source.name.as_str(), dataset.columns.len()), ("Order Lines", 5));
}

#[test]
fn a_second_run_changes_nothing_also_when_sizes_drift() {
    let mut model = Model::new("");
    model.discover(&[orders()]);
    let mut drifted = orders();
    drifted.estimate = Estimate { rows: Some(1_500_000), bytes: Some(400_000_000) };
    let draft = model.draft(&[drifted.clone()]);
    assert_eq!((draft.files.len(), draft.unchanged), (0, 1));
    drifted.estimate.rows = Some(9_000_000);
    assert_eq!(model.draft(&[drifted]).files[0].details, ["order, sizes or comments"]);
}

#[test]
fn what_a_person_wrote_survives_and_counts() {
    let mut model = Model::new("");
    model.discover(&[orders()]);
    model.overlay(
        "datasets:\n  order_lines: {classification: [PC1], columns: {amount: {type: decimal}, \
         status: {source: State}}}\n",
    );
    let draft = model.discover(&[orders()]);
    assert_eq!(draft.files[0].details, ["column status text is new", "column state is gone"]);
    assert!(model.text("stores/shop.yaml").contains("PC1"));
    load(&model.0).unwrap_or_else(|found| panic!("{found}"));
    assert!(model.draft(&[orders()]).files.is_empty());
}

#[test]
fn a_changed_table_is_told_in_words_and_a_rename_gets_a_hint() {
    let mut model = Model::new("");
    model.discover(&[orders()]);
    let mut changed = orders();
    changed.columns[0] = column("id", "decimal(20,0)", "numeric(20,0)");
    changed.columns[2].name = "gross".to_owned();
    changed.columns[3].nullable = true;
    let draft = model.draft(&[changed]);
    assert_eq!(
        draft.files[0].details,
        [
            "column id bigint → decimal(20,0)",
            "column gross decimal(12,2) is new",
            "column no may be NULL",
            "column amount is gone",
        ]
    );
    assert_eq!(
        draft.notes,
        ["if `gross` of order_lines is the renamed `amount`, its values go on when the Datastore \
          says so: `datasets: {order_lines: {columns: {gross: {formerly: [amount]}}}}`"]
    );
}

#[test]
fn a_table_without_key_is_left_out_until_a_person_names_one() {
    let mut view = table("open_orders", &[], vec![column("id", "bigint", "bigint")]);
    view.kind = TableKind::View;
    view.columns[0].nullable = true;
    let mut model = Model::new("");
    let draft = model.discover(&[view.clone()]);
    assert!(draft.files.is_empty());
    assert_eq!(draft.left_out[0].why, "a view has no key of its own");
    model.overlay("datasets:\n  open_orders: {key: [id]}\n");
    assert_eq!(model.discover(&[view]).left_out, []);
    let text = model.text("stores/shop/open_orders.yaml");
    assert!(
        text.contains("table: public.open_orders  # a view\ncolumns:\n  id: bigint\n"),
        "{text}"
    );
    load(&model.0).unwrap_or_else(|found| panic!("{found}"));
}

#[test]
fn a_key_that_the_source_gave_up_is_kept_and_told() {
    let mut model = Model::new("");
    model.discover(&[orders()]);
    let draft = model.draft(&[FoundTable { key: Vec::new(), ..orders() }]);
    assert!(draft.files.is_empty() && draft.left_out.is_empty());
    assert!(draft.notes[0].starts_with("order_lines keeps its key (id)"), "{:?}", draft.notes);
}

#[test]
fn a_vanished_table_is_reported_only_where_it_was_looked_for() {
    let mut model = Model::new("");
    model.discover(&[orders(), table("b", &["id"], vec![column("id", "bigint", "bigint")])]);
    let draft =
        model.draft(&[orders(), table("c", &["id"], vec![column("id", "bigint", "bigint")])]);
    assert_eq!(draft.vanished.len(), 1);
    assert_eq!(draft.vanished[0].path, "stores/shop/b.yaml");
    assert!(draft.notes[0].contains("{c: {formerly: [b]}}"), "{:?}", draft.notes);
    let documents = read(&model.0).unwrap();
    let selection = Selection { tables: vec!["Order*".to_owned()], ..Selection::of(None) };
    let found = Found { tables: vec![orders()], present: [orders().table].into() };
    let draft = super::draft(&documents, "shop", "x", &selection, &found).unwrap();
    assert!(draft.vanished.is_empty(), "nobody looked");
}

#[test]
fn a_dataset_that_a_person_wrote_is_left_alone() {
    let mut model = Model::new(
        "datasets:\n  lines: {table: {schema: public, name: Order Lines}, key: [id], columns: {id: bigint}}\n",
    );
    let draft = model.discover(&[orders()]);
    assert_eq!((draft.by_hand, draft.files.len()), (1, 0));
}

#[test]
fn a_person_may_name_a_dataset_and_leave_the_columns_to_discover() {
    let mut model =
        Model::new("datasets:\n  lines: {table: {schema: public, name: Order Lines}}\n");
    model.discover(&[orders()]);
    assert!(
        model.text("stores/shop/lines.yaml").contains("# table: public.Order Lines (said in the")
    );
    load(&model.0).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(model.draft(&[orders()]).unchanged, 1);
}

#[test]
fn a_new_store_is_a_valid_document() {
    let store = NewStore {
        name: "shop".to_owned(),
        team: "retail/online".to_owned(),
        host: "::1".to_owned(),
        port: 5433,
        database: "my shop".to_owned(),
        tls: Some(Tls { mode: TlsMode::VerifyFull, ca: Some("/etc/a ca.pem".to_owned()) }),
        credential: "shop_reader".to_owned(),
        selection: Selection {
            schemas: vec!["public".to_owned(), "Sales, 2024".to_owned()],
            tables: vec!["order*".to_owned()],
            ..Selection::default()
        },
    };
    let left_out = [LeftOut {
        table: "public.log".to_owned(),
        dataset: "log".to_owned(),
        column: None,
        why: String::new(),
        columns: vec!["at".to_owned(), "text".to_owned()],
    }];
    let text = datastore_text(&store, "stores/shop", &left_out);
    insta::assert_snapshot!(text, @r##"
    # The database `shop`. This file is yours: `teal discover` wrote it once and never changes it.
    # Its tables stand in stores/shop/, which `teal discover --store shop` keeps up to date. What
    # you know better stands here.
    kind: Datastore
    name: shop
    team: retail/online
    source:
      postgres: {host: "::1", port: 5433, database: "my shop", tls: {mode: verify-full, ca: "/etc/a ca.pem"}}
      credential: shop_reader
    ingest: {snapshot: {}}
    streams: multi            # one snapshot and one batch for all datasets; single: a stream for each
    schedule: {every: 5m}     # or {cron: "*/5 * * * *"}, or external: only when told to
    discover: {schemas: [public, "Sales, 2024"], tables: ["order*"], views: false, foreign_tables: false}
    # What you add to a dataset, by its name in stores/shop/:
    # datasets:
    #   orders:
    #     classification: [PC1]
    #     columns:
    #       email: {classification: [PC1], description: "as typed by the customer"}
    # These are left out, because nothing says what identifies a row. Say it as below and run
    # `teal discover` again:
    # datasets:
    #   log: {key: [ ]}  # of: at, text
    "##);
    let files = [ModelFile::new("base.yaml", BASE), ModelFile::new("shop.yaml", text)];
    let documents = read(&files).unwrap_or_else(|found| panic!("{found}"));
    let read = Selection::of(documents.datastores[0].discover.as_ref());
    assert_eq!(read, store.selection);
    load(&files).unwrap_or_else(|found| panic!("{found}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_names_and_comments_survive_files(
        names in proptest::collection::btree_set("[a-zA-Z\"' .:#é日_]{1,8}|\\PC{1,12}", 2..5),
        about in "\\PC{0,20}|[\\x01-\\x{10ffff}]{0,8}",
        nullable in any::<bool>(),
    ) {
        let names: Vec<String> =
            names.into_iter().filter(|n| n.len() <= 63 && !n.starts_with("teal_")).collect();
        prop_assume!(!names.is_empty());
        let columns: Vec<FoundColumn> = names
            .iter()
            .enumerate()
            .map(|(place, name)| FoundColumn {
                nullable: nullable && place > 0,
                comment: Some(about.clone()),
                ..column(name, "decimal(12,2)", &about)
            })
            .collect();
        let tables: Vec<FoundTable> = names
            .iter()
            .map(|name| FoundTable {
                comment: Some(about.clone()),
                ..table(name, &[&names[0]], columns.clone())
            })
            .collect();
        let mut model = Model::new("");
        let draft = model.discover(&tables);
        prop_assert_eq!(draft.files.len(), tables.len());
        model.0.push(ModelFile::new("w.yaml", workspace_text("w", "retail/online", "shop", &draft.datasets)));
        let release = load(&model.0).map_err(|found| TestCaseError::fail(found.to_string()))?;
        let datasets = &release.jobs[0].stream.datasets;
        let mut sources: Vec<&str> = datasets.iter().map(|d| d.source.name.as_str()).collect();
        sources.sort_unstable();
        prop_assert_eq!(sources, names.iter().map(String::as_str).collect::<Vec<_>>());
        for dataset in datasets {
            let columns: Vec<&str> = dataset.columns.iter().map(crate::release::ColumnSpec::source_name).collect();
            prop_assert_eq!(columns, names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        prop_assert!(model.draft(&tables).files.is_empty(), "a second run changes something");
    }
}
