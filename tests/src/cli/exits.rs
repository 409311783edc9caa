//! Exit codes, in one table: what a script may rely on.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use super::{Desk, desk::Shop};
use crate::testkit::teal;

#[tokio::test]
async fn each_way_to_end_has_its_exit_code() {
    let shop = Shop::new("each_way_to_end_has_its_exit_code").await;
    let nowhere = Desk::new();
    nowhere.write("model/a.yaml", "kind: Ecosystem\n");
    let cases: [(&Desk, &[&str], u8); 18] = [
        (&nowhere, &["--version"], 0),
        (&nowhere, &["help", "run"], 0),
        (&nowhere, &["completions", "bash"], 0),
        (&nowhere, &["validate"], 1),
        (&nowhere, &["status"], 1), // TEAL_CATALOG is not set
        (&nowhere, &["plan", "nothing.yaml"], 1),
        (&nowhere, &[], 64),
        (&nowhere, &["explode"], 64),
        (&nowhere, &["discover", "a", "b", "c"], 64),
        (&nowhere, &["completions", "cmd"], 64),
        (&shop.desk, &["validate"], 0),
        (&shop.desk, &["plan"], 0),
        (&shop.desk, &["plan", "--detailed-exitcode"], 2),
        (&shop.desk, &["status"], 1), // nothing is installed
        (&shop.desk, &["apply", "--local"], 0),
        (&shop.desk, &["plan", "--detailed-exitcode"], 0),
        (&shop.desk, &["status"], 0),
        (&shop.desk, &["run", "live/nothing", "--local"], 1),
    ];
    for (desk, words, code) in cases {
        let shown = desk.teal(words);
        assert!(shown.starts_with(&format!("exit: {code}\n")), "{words:?}: {shown}");
    }
}

#[test]
fn a_reader_that_had_enough_is_no_failure() {
    let mut child = Command::new(teal::binary())
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take()); // before anything was written, as `head -0` would
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn colour_is_for_terminals_or_who_asks_for_it() {
    let mut desk = Desk::new();
    desk.write("model/a.yaml", "kind: Nothing\n");
    let has_colour = |desk: &Desk, words: &[&str]| desk.teal(words).contains('\x1b');
    assert!(!has_colour(&desk, &["validate"]), "a pipe");
    assert!(has_colour(&desk, &["validate", "--color", "always"]));
    desk.set("CLICOLOR_FORCE", "1");
    assert!(has_colour(&desk, &["validate"]), "forced");
    assert!(!has_colour(&desk, &["validate", "--color", "never"]));
    desk.set("NO_COLOR", "1");
    assert!(!has_colour(&desk, &["validate"]), "NO_COLOR");
}
