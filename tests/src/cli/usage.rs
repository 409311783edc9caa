//! Wrong usage and a missing environment.

use super::Desk;

#[test]
fn wrong_usage_exits_64_and_help_exits_0() {
    let desk = Desk::new();
    for wrong in [
        &[][..],
        &["explode"],
        &["run"],
        &["pause", "live/shop"],
        &["run", "", "--local"],
        &["resync", "live/shop", "--discard-history"], // without a reason
        &["resync", "live/shop", "--cancel", "--accept"],
        &["plan", "--output", "xml"],
        &["-q", "-v", "validate"],
    ] {
        let shown = desk.teal(wrong);
        assert!(
            shown.starts_with("exit: 64\n----- stdout\n\n----- stderr\nerror"),
            "{wrong:?} {shown}"
        );
    }
    for right in [&["--help"][..], &["help", "apply"], &["status", "-h"], &["--version"]] {
        let shown = desk.teal(right);
        assert!(shown.starts_with("exit: 0\n") && shown.ends_with("----- stderr\n"), "{shown}");
    }
}

#[test]
fn what_needs_a_stack_says_how_to_get_one() {
    let shown = Desk::new().teal(&["dev", "env"]);
    assert!(shown.starts_with("exit: 1\n") && shown.contains("error[CLI0016]: "), "{shown}");
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let output = Desk::new().command(&["explain"]).stdout(full).output().expect("the binary");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("error[CLI0003]: "), "{said}");
}

#[test]
fn help_shows_examples_and_environment() {
    insta::assert_snapshot!(Desk::new().teal(&["pause", "--help"]));
    // all of it stands in docs/cli.md, which a test of its own keeps true
    let help = Desk::new().teal(&["--help"]);
    for part in ["Commands:", "Global options:", "Environment:", "Exit codes:"] {
        assert!(help.contains(part), "{help}");
    }
}

#[test]
fn a_missing_or_unreadable_catalog_is_told_without_its_password() {
    let mut desk = Desk::new();
    insta::assert_snapshot!(desk.teal(&["status"]));
    desk.set("TEAL_CATALOG", "postgres://me:hunter2@host:nonsense/db");
    insta::assert_snapshot!(desk.teal(&["status"]));
    desk.set("TEAL_CATALOG", "postgres://me:hunter2@127.0.0.1:1/db");
    insta::assert_snapshot!(desk.teal(&["status"]));
}

#[test]
fn another_program_at_the_port_is_told_from_a_server_that_is_away() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            std::io::Write::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.2\r\n").ok();
            // what it is asked is read, so that the end of the connection is no reset
            std::io::Read::read(&mut stream, &mut [0; 1024]).ok();
        }
    });
    for mode in ["disable", "prefer"] {
        let mut desk = Desk::new();
        let url = format!("postgres://me:hunter2@127.0.0.1:{port}/db?sslmode={mode}");
        desk.set("TEAL_CATALOG", &url);
        let said = desk.teal(&["status"]);
        assert!(said.starts_with("exit: 1\n") && said.contains("error[PG0024]: "), "{mode} {said}");
        assert!(said.contains("hint: another program listens there"), "{said}");
    }
}
