//! A source that changed: who does what the error says gets the stream going again, and loses nothing.

use super::start::Start;
use crate::testkit::source_db;

const TABLES: &str = "
create table customers (id int primary key, name text not null);
create table orders (id int primary key, total numeric(12,2));
create table orders_old (id int primary key);
insert into customers values (1, 'Ada'), (2, 'Bob');
insert into orders values (10, 1.50), (11, null), (12, 3)";

const STORE: &str = "model/stores/shop.yaml";
const WANTS: &str = "model/workspaces/reporting.yaml";

/// Discovered, applied and loaded. Roles are those of the whole server, so this test leaves them to
/// somebody else.
async fn running(test: &str) -> Start {
    let source = source_db(test).await;
    source.run(TABLES).await;
    let start = Start::new(test, source).await;
    start.discover(&["--store", "shop", "--workspace", "reporting"]);
    let desk = &start.desk;
    desk.write(WANTS, &format!("{}roles: external\n", desk.read(WANTS)));
    desk.edit(STORE, "{every: 5m}", "external");
    start.goes(&["apply", "--local"]);
    start.goes(&["run", "live/shop", "--local"]);
    start
}

impl Start {
    fn goes(&self, words: &[&str]) -> String {
        let said = self.desk.teal(words);
        assert!(said.starts_with("exit: 0\n"), "{words:?} {said}");
        said
    }

    /// What to do, as the run says it that fails with this code; status says the same.
    fn hint(&self, code: &str) -> String {
        let said = self.desk.teal(&["run", "live/shop", "--local"]);
        assert!(said.contains(&format!("error[{code}]")), "{said}");
        let hint = said.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap().to_owned();
        let status = self.desk.teal(&["status", "live/shop"]);
        assert!(status.contains(&hint), "{status}");
        hint
    }

    /// Does what a hint says between marks, in the Datastore.
    fn says_in_the_datastore(&self, said: &str) {
        let parts: Vec<&str> = said.split('`').collect();
        let entry = parts.iter().find(|part| part.starts_with("datasets: {")).expect(said);
        let file = self.desk.read(STORE);
        let kept: Vec<&str> = file.lines().filter(|line| !line.starts_with("datasets:")).collect();
        self.desk.write(STORE, &format!("{}\n{entry}\n", kept.join("\n")));
    }

    fn rows(&self, query: &str) -> String {
        self.goes(&["sql", "--workspace", "reporting", query, "-o", "json"])
    }
}

#[tokio::test]
async fn a_renamed_column_goes_on_by_the_line_that_the_error_prints() {
    let start = running("a_renamed_column_goes_on").await;
    start.source.run("alter table customers rename column name to full_name").await;
    let hint = start.hint("SOURCE0010");
    assert_eq!(
        hint,
        "did you mean the source's column \"full_name\"? renamed: say `datasets: {customers: \
         {columns: {name: {source: full_name}}}}` in the Datastore `shop`; dropped: take it out of \
         the model, which `teal discover --store shop` does where it wrote the dataset"
    );
    start.says_in_the_datastore(&hint);
    start.goes(&["apply", "--local", "--yes"]);
    start.source.run("update customers set full_name = 'Bea' where id = 2").await;
    let ran = start.goes(&["run", "live/shop", "--local"]);
    assert!(ran.contains("+0 ~1 −0"), "nothing is loaded again: {ran}");
    let names = start.rows("select name from core__shop__customers order by id");
    assert!(names.contains("Ada") && names.contains("Bea"), "{names}");
    start.discover(&[]);
    let still = start.goes(&["plan"]);
    assert!(still.contains("nothing to do") || still.contains("up to date"), "{still}");
}

#[tokio::test]
async fn a_dropped_table_is_taken_out_as_the_error_says_whatever_it_resembles() {
    let start = running("a_dropped_table_is_taken_out").await;
    start.source.run("drop table orders_old").await;
    let hint = start.hint("SOURCE0011");
    assert_eq!(
        hint,
        "compare the dataset's `table` with the source; renamed: `teal discover --store shop` shows \
         how its data goes on; dropped: take `shop:orders_old` out of `sinks:` and apply, then `teal \
         discover --store shop --prune` removes its file"
    );
    start.desk.edit(WANTS, "      - shop:orders_old\n", "");
    start.goes(&["apply", "--local", "--yes"]);
    start.goes(&["run", "live/shop", "--local"]);
    let pruned = start.goes(&["discover", "--store", "shop", "--prune"]);
    assert!(pruned.contains("remove    model/stores/shop/orders_old.yaml"), "{pruned}");
    start.goes(&["validate", "--live"]);
}

#[tokio::test]
async fn a_renamed_table_keeps_its_rows_as_discover_shows() {
    let start = running("a_renamed_table_keeps_its_rows").await;
    start.source.run("alter table orders rename to sales").await;
    assert!(start.hint("SOURCE0011").contains("renamed: `teal discover --store shop` shows"));
    let shown = start.goes(&["discover", "--store", "shop"]);
    let note = shown.lines().find(|line| line.contains("if a table was renamed")).unwrap();
    start.says_in_the_datastore(note);
    start.desk.edit(WANTS, "shop:orders\n", "shop:sales\n");
    start.goes(&["discover", "--store", "shop", "--prune"]);
    start.goes(&["apply", "--local", "--yes"]);
    let ran = start.goes(&["run", "live/shop", "--local"]);
    assert!(ran.contains("no change"), "nothing is loaded again: {ran}");
    let rows = start.rows("select count(*) as n from core__shop__sales");
    assert!(rows.contains('3'), "{rows}");
}

#[tokio::test]
async fn a_key_that_is_none_is_mended_in_the_datastore() {
    let start = running("a_key_that_is_none_is_mended").await;
    start
        .source
        .run(
            "alter table customers drop constraint customers_pkey;
             insert into customers values (2, 'Bob the second')",
        )
        .await;
    let hint = start.hint("MERGE0001");
    let said = "say `datasets: {customers: {key: [column, …]}}` in the Datastore `shop`";
    assert!(hint.contains(said), "{hint}");
    start.says_in_the_datastore(&hint.replace("column, …", "id, name"));
    start.goes(&["apply", "--local", "--yes"]);
    let ran = start.goes(&["run", "live/shop", "--local"]);
    assert!(ran.contains("+3"), "another key is another table: {ran}");
}

#[tokio::test]
async fn a_value_that_is_missing_is_allowed_in_the_datastore() {
    let start = running("a_value_that_is_missing_is_allowed").await;
    start
        .source
        .run("alter table customers alter name drop not null; insert into customers values (3, null)")
        .await;
    let hint = start.hint("STAGE0001");
    start.says_in_the_datastore(&hint);
    start.goes(&["apply", "--local", "--yes"]);
    let ran = start.goes(&["run", "live/shop", "--local"]);
    assert!(ran.contains("+1 ~0 −0"), "{ran}");
}
