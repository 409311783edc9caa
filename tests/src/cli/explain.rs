//! Pages of error codes: no server is needed.

use super::Desk;

#[test]
fn explain_shows_the_page_of_a_code_as_it_was_printed() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.teal(&["explain", "merge0001"]), @r#"
    exit: 0
    ----- stdout
    MERGE0001: the source holds one key twice

    Two rows of the source have the same key.

    Why

    `key` of the dataset says which columns identify a row, and at the source they do not: there is no
    unique constraint, or the dataset reads a view that repeats rows. A merge of two rows into one would
    lose one of them, so nothing is merged.

    What to do

    - Find them: `select id, count(*) from public.orders group by id having count(*) > 1`.
    - Mend them, or choose a key that is unique and say it in the Datastore: `datasets: {orders: {key:
      [id, line]}}`, then `teal plan` and `teal apply`.
    - The stream probes on its schedule and heals by itself.

    Example

      error[MERGE0001]: the source holds one key twice
        dataset: orders
        key: id
        batch: 7
      hint: mend the rows at the source, or say `datasets: {orders: {key: [column, …]}}` in the Datastore `shop`, unique there
    ----- stderr
    "#);
    let same = desk.teal(&["explain", "error[MERGE0001]:"]);
    assert_eq!(same, desk.teal(&["explain", "MERGE0001"]));
}

#[test]
fn explain_lists_codes_and_offers_near_ones() {
    let desk = Desk::new();
    let all = desk.teal(&["explain"]);
    for line in ["\nthe model\n  MODEL0001     the file is not valid YAML\n", "\nTemporal\n"] {
        assert!(all.contains(line), "{all}");
    }
    let group = desk.teal(&["explain", "stage"]);
    assert!(group.starts_with("exit: 0\n----- stdout\nstaging\n  STAGE0001 "), "{group}");
    insta::assert_snapshot!(desk.teal(&["explain", "MERGE9"]), @r"
    exit: 1
    ----- stdout

    ----- stderr
    error[CLI0030]: there is no such code
      code: MERGE9
    hint: the nearest are `MERGE0001`, `MERGE0002`, `MERGE0003`; `teal explain` lists all codes
    ");
    let json = desk.teal(&["explain", "MERGE0001", "-o", "json"]);
    for text in ["\"kind\": \"data\"", "\"page\": \"# MERGE0001: "] {
        assert!(json.contains(text), "{json}");
    }
}
