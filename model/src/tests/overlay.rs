//! Datasets that a machine writes and a person adds to; sizes level by level.

use super::{released, shop};
use crate::{
    ids::StreamId,
    load,
    release::{DatasetSpec, StreamSpec},
    types::ColumnType,
};

fn contacts(changes: &[(&str, &str)]) -> DatasetSpec {
    let release = released(changes);
    let job = release.job(&StreamId::single("live", "crm", "contacts")).unwrap();
    job.stream.dataset("contacts").unwrap().clone()
}

#[test]
fn columns_of_the_machine_keep_their_order_and_those_of_the_person_follow() {
    let dataset = contacts(&[(
        "      email: {classification: [PC1], nullable: true}",
        "      note: text\n      tags: {type: text}\n      id: {source: ID}",
    )]);
    let names: Vec<&str> = dataset.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "email", "tags", "note"]);
    assert_eq!(dataset.columns[0].source_name(), "ID");
    assert_eq!(dataset.columns[2].column_type, ColumnType::Text, "the person's type counts");
    assert!(dataset.columns[2].nullable, "and the rest stays the machine's");
}

#[test]
fn key_of_the_person_counts() {
    let dataset = contacts(&[
        ("table: crm.contacts", "table: crm.contacts\nkey: [email]"),
        ("      email: {classification: [PC1], nullable: true}", "      id: {description: x}"),
    ]);
    assert_eq!(dataset.key, ["id"]);
    assert_eq!(dataset.source.to_string(), "crm.contacts");
}

#[test]
fn machine_file_may_stand_in_another_file_than_its_store_and_come_first() {
    let mut files = shop();
    files.rotate_left(2);
    let hash = load(&shop()).unwrap().hash();
    assert_eq!(load(&files).unwrap().hash(), hash);
}

/// The merge size of `history/shop` after changes of hints.
fn merge_size(changes: &[(&str, &str)]) -> String {
    let release = released(changes);
    let StreamSpec { merge_size, .. } =
        &release.job(&StreamId::multi("history", "shop")).unwrap().stream;
    format!("{}: {}", merge_size.class, merge_size.sizing)
}

const HINT: &str = "hints: {merge: {limits: {memory: 512Mi}}}";

#[test]
fn class_by_name_gets_that_class() {
    assert_eq!(
        merge_size(&[(HINT, "hints: {merge: large}")]),
        "large: requests 1/2Gi, limits 4/4Gi"
    );
}

#[test]
fn values_go_over_those_of_the_level_before() {
    let store =
        ("schedule: {every: 1m}\n", "schedule: {every: 1m}\nhints: {merge: {limits: {cpu: 3}}}\n");
    assert_eq!(merge_size(&[store]), "large: requests 100m/128Mi, limits 3/512Mi");
}

#[test]
fn higher_request_raises_the_limit_and_lower_limit_lowers_the_request() {
    assert_eq!(
        merge_size(&[(HINT, "hints: {merge: {requests: {memory: 1Gi}}}")]),
        "medium: requests 100m/1Gi, limits 500m/1Gi"
    );
    assert_eq!(
        merge_size(&[(HINT, "hints: {merge: {limits: {memory: 64Mi, cpu: 50m}}}")]),
        "small: requests 50m/64Mi, limits 50m/64Mi"
    );
}

#[test]
fn nothing_said_gets_the_default_size() {
    assert_eq!(
        merge_size(&[
            ("defaults: {ingest: small, merge: small, transform: large}", ""),
            (HINT, "")
        ]),
        "small: requests 100m/128Mi, limits 500m/256Mi"
    );
}

#[test]
fn equal_classes_are_chosen_by_name() {
    let alike = "  alike: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}, slots: 1}\n";
    let size = merge_size(&[
        ("classes:\n", &format!("classes:\n{alike}")),
        ("defaults: {ingest: small, merge: small, transform: large}", ""),
        (HINT, ""),
    ]);
    assert_eq!(size, "alike: requests 100m/128Mi, limits 500m/256Mi");
}
