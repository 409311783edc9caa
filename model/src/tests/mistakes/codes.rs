//! Every code of the model is raised by some model that a person could write.

use super::{codes, codes_with};
use crate::{ModelFile, code, load};

const SECOND_SERVICES: &str = "
kind: PlatformServices
name: second
merge: {postgres: {host: b, database: b}, credential: b}
classes: {}
";

fn many_columns() -> String {
    let columns: Vec<String> = (0..1_600).map(|number| format!("c{number}: text")).collect();
    format!("columns: {{id: uuid, {}}}", columns.join(", "))
}

fn codes_of(files: &[ModelFile]) -> Vec<&'static str> {
    load(files).expect_err("a mistake").iter().map(|found| found.code.id).collect()
}

#[test]
fn every_code_is_raised_by_a_mistake() {
    let raised = [
        (code::MODEL0001, codes(&[("needs: {history: full}", "needs: {history: full")])),
        (code::MODEL0002, codes(&[("name: acme", "name: acme\nname: b")])),
        (code::MODEL0003, codes_with("deep.yaml", &"[".repeat(100))),
        (code::MODEL0004, codes(&[("name: acme", "name: !secret acme")])),
        (code::MODEL0005, codes_with("more.yaml", "name: lost")),
        (code::MODEL0006, codes_with("more.yaml", "kind: Platfrom\nname: x")),
        (code::MODEL0007, codes(&[("streams: multi", "stream: multi")])),
        (code::MODEL0008, codes(&[("team: finance/analytics\npriority", "priority")])),
        (code::MODEL0009, codes(&[("key: [at, contact]", "key: at")])),
        (code::MODEL0010, codes(&[("priority: critical", "priority: urgent")])),
        (code::MODEL0011, codes(&[("every: 30s", "every: soon")])),
        (code::MODEL0012, codes(&[("memory: 512Mi", "memory: 512MB")])),
        (
            code::MODEL0013,
            codes(&[("credential: merge_rw", "credential: merge_rw\n  password: hunter2")]),
        ),
        (code::MODEL0014, codes(&[("style: milestoned", "style: current_history")])),
        (
            code::MODEL0015,
            codes(&[(
                "ingest: {snapshot: {}}\nstreams: multi",
                "ingest: {watermark: {column: at}}",
            )]),
        ),
        (code::MODEL0016, codes(&[("roles: external", "transformer: {output: x}")])),
        (code::MODEL0017, codes(&[("id: bigint", "id: int8")])),
        (code::MODEL0018, codes_of(&[])),
        (code::MODEL0019, codes_with("more.yaml", &"---\n- x\n".repeat(1_001))),
        (code::MODEL0020, codes(&[("name: shop\n", "name: Shop\n")])),
        (code::MODEL0021, codes_with("more.yaml", "kind: Zone\nname: retail")),
        (
            code::MODEL0022,
            codes(&[("platform: history\n    sinks", "platform: histroy\n    sinks")]),
        ),
        (code::MODEL0023, codes(&[("formerly: [past]", "formerly: [live]")])),
        (code::MODEL0024, codes_with("more.yaml", "kind: Ecosystem\nname: second")),
        (code::MODEL0025, codes_with("more.yaml", SECOND_SERVICES)),
        (code::MODEL0026, codes_of(&[ModelFile::new("a.yaml", "kind: Ecosystem\nname: a")])),
        (code::MODEL0027, codes_with("more.yaml", "kind: Team\nname: alone")),
        (
            code::MODEL0030,
            codes(&[("    key: [id]\n    columns: {id: uuid}", "    columns: {id: uuid}")]),
        ),
        (code::MODEL0031, codes(&[("key: [at, contact]", "key: [kontact]")])),
        (
            code::MODEL0032,
            codes(&[("shop_no: smallint", "shop_no: {type: smallint, nullable: true}")]),
        ),
        (code::MODEL0033, codes(&[("key: [at, contact]", "key: [at, at]")])),
        (code::MODEL0034, codes(&[("  at: timestamptz", "  at: json")])),
        (code::MODEL0035, codes(&[("    table: public.unwanted\n", "")])),
        (code::MODEL0036, codes(&[("vip: {", "teal_vip: {")])),
        (code::MODEL0037, codes(&[("source: \"Order No\"", "source: teal_hash")])),
        (code::MODEL0038, codes(&[("columns: {id: uuid}", &many_columns())])),
        (code::MODEL0039, codes(&[("table: crm.visits", "table: visits")])),
        (code::MODEL0040, codes(&[("*/5  * * * *", "*/5 * * *")])),
        (code::MODEL0041, codes(&[("Europe/Zurich", "Europe/Zuerich")])),
        (code::MODEL0042, codes(&[("every: 30s", "every: 0s")])),
        (
            code::MODEL0043,
            codes(&[("table: public.unwanted", "table: public.unwanted\n    schedule: external")]),
        ),
        (code::MODEL0044, codes(&[("latency: 5m", "latency: 10s")])),
        (code::MODEL0045, codes(&[("percent: 50", "percent: 101")])),
        (code::MODEL0050, codes(&[("name: lab", "name: live")])),
        (code::MODEL0051, codes(&[("\"shop:orders\"", "shop.orders")])),
        (code::MODEL0052, codes(&[("style: milestoned", "style: live")])),
        (
            code::MODEL0053,
            codes_with("more.yaml", "kind: Platform\nname: other\nservices: main\nstyle: live"),
        ),
        (
            code::MODEL0054,
            codes(&[("needs: {history: full}", "needs: {history: full}\n    platform: live")]),
        ),
        (code::MODEL0055, codes(&[("state: provisioning", "state: provisioned")])),
        (code::MODEL0056, codes(&[("roles: external", "roles: external\nreaders: [x]")])),
        (code::MODEL0057, codes(&[("anna]", "pg_anna]")])),
        (code::MODEL0060, codes(&[("memory: 512Mi", "memory: 512Gi")])),
        (code::MODEL0061, codes(&[("requests: {cpu: 100m,", "requests: {cpu: 2,")])),
        (code::MODEL0062, codes(&[("slots: 20}", "slots: 2000}")])),
        (code::MODEL0070, codes(&[("credential: merge_rw", "credential: ../merge_rw")])),
        (
            code::MODEL0071,
            codes(&[("database: merge}", "database: merge, tls: {mode: require, ca: ca.pem}}")]),
        ),
    ];
    for (code, found) in &raised {
        assert!(found.contains(&code.id), "{} is not in {found:?}", code.id);
    }
    for code in code::ALL {
        assert!(raised.iter().any(|(raised, _)| raised == code), "no mistake raises {code}");
    }
}
