//! One small life with unmistakable secrets, behind mTLS and an API key: what works, what is refused
//! with which code, what is rotated under a running worker, and that no secret stands anywhere.

use std::{
    fs::File,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::scan::Scan;
use crate::{
    cli::desk::Shop,
    testkit::{
        Db, LIMIT, eventually, temporal_address,
        tls::{Authority, Keys, front},
    },
};

const SOURCE: [&str; 2] = ["src-S3CRET-one-41c9", "src-S3CRET-two-77f0"];
const MERGE: [&str; 2] = ["mrg-S3CRET-one-0b6d", "mrg-S3CRET-two-5e2a"];
const KEY: [&str; 2] = ["api-S3CRET-one-9a33", "api-S3CRET-two-c184"];

/// A worker process; its output goes to a file.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().ok(); // it may be dead already
        self.0.wait().ok();
    }
}

/// The shop, behind a front that wants a client certificate and an API key.
struct Life {
    shop: Shop,
    files: TempDir,
    front: SocketAddr,
    keys: Keys,
    /// Roles at source and merge store.
    roles: [String; 2],
    stream: String,
    scan: Scan,
}

impl Life {
    async fn new() -> Self {
        let shop = Shop::own("a_life_leaves_no_secret_behind").await;
        let roles = ["src", "mrg"].map(|end| format!("{}_{end}", shop.name));
        let [source, merge] = &roles;
        shop.source
            .run(&format!("create role {source} login; grant pg_read_all_data to {source}"))
            .await;
        shop.merge
            .run(&format!(
                "create role {merge} login; alter database \"{}\" owner to {merge}",
                shop.merge.name
            ))
            .await;
        let authority = Authority::new("ours");
        let (server, client) = (authority.issue("127.0.0.1"), authority.issue("worker"));
        let keys = Keys::default();
        keys.let_pass(&[KEY[0]]);
        let front = front(&server, Some(&authority), keys.clone()).await;
        let files = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("ca.pem", &authority.pem),
            ("stranger.pem", &Authority::new("a stranger").pem),
            ("client.crt", &client.certificate),
            ("client.key", &client.key),
        ] {
            std::fs::write(files.path().join(name), text).expect("a file");
        }
        let mut scan = Scan::default();
        scan.secret("the key of the client certificate", &client.key);
        for (name, secrets) in [
            ("the source's password", SOURCE),
            ("the merge store's password", MERGE),
            ("the API key", KEY),
        ] {
            for secret in secrets {
                scan.secret(name, secret);
            }
        }
        let stream = format!("{}/shop", shop.name);
        let mut life = Self { shop, files, front, keys, roles, stream, scan };
        life.source_password(SOURCE[0]).await;
        life.merge_password(MERGE[0]).await;
        life.shop.credentials.set("source", &life.roles[0], Some(SOURCE[0]));
        life.person(MERGE[0], KEY[0]);
        life.toml("worker", "client", "ca", KEY[0]);
        life
    }

    async fn source_password(&self, password: &str) {
        set_password(&self.shop.source, &self.roles[0], password).await;
    }

    async fn merge_password(&self, password: &str) {
        set_password(&self.shop.merge, &self.roles[1], password).await;
        self.shop.credentials.set("merge", &self.roles[1], Some(password));
    }

    /// The environment of a person's shell.
    fn person(&mut self, password: &str, key: &str) {
        let config = self.toml("person", "client", "ca", key);
        let url = self.catalog(&format!(":{password}"));
        self.shop.desk.set("TEAL_CATALOG", &url);
        self.shop.desk.set("TEMPORAL_ADDRESS", &self.front.to_string());
        self.shop.desk.set("TEMPORAL_CONFIG_FILE", &config);
    }

    fn catalog(&self, password: &str) -> String {
        let merge = self.shop.merge.endpoint("merge");
        let (role, host, port) = (&self.roles[1], &merge.host, merge.port);
        format!("postgres://{role}{password}@{host}:{port}/{}", merge.database)
    }

    fn path(&self, name: &str) -> String {
        self.files.path().join(name).display().to_string()
    }

    /// Writes a profile and answers with its path.
    fn toml(&self, name: &str, client: &str, ca: &str, key: &str) -> String {
        let path = self.path(&format!("{name}.toml"));
        let mut text = format!(
            "[profile.default]\napi_key = \"{key}\"\n[profile.default.tls]\n\
             server_ca_cert_path = \"{}\"\n",
            self.path(&format!("{ca}.pem"))
        );
        if !client.is_empty() {
            text.push_str(&format!(
                "client_cert_path = \"{}\"\nclient_key_path = \"{}\"\n",
                self.path(&format!("{client}.crt")),
                self.path(&format!("{client}.key"))
            ));
        }
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// A worker that says all it can, with the catalog's password in a file.
    fn worker(&self, metrics: SocketAddr) -> Worker {
        let mut command = self.shop.desk.command(&[
            "worker",
            "--verbose",
            "--log-format",
            "json",
            "--metrics-addr",
            &metrics.to_string(),
        ]);
        let password = format!("{}/merge/password", self.shop.credentials.dir());
        command
            .env("TEAL_CATALOG", self.catalog(""))
            .env("TEAL_CATALOG_PASSWORD_FILE", password)
            .env("TEMPORAL_CONFIG_FILE", self.path("worker.toml"))
            .env("RUST_LOG", "debug");
        let log = File::create(self.path("worker.log")).expect("a log");
        command.stdout(log.try_clone().expect("a log")).stderr(log).stdin(Stdio::null());
        Worker(command.spawn().expect("a worker"))
    }

    /// Runs `teal` and keeps what it prints.
    fn teal(&mut self, arguments: &[&str]) -> String {
        let printed = self.shop.desk.attended(arguments);
        self.scan.place(format!("output of teal {}", arguments.join(" ")), printed.clone());
        printed
    }

    /// `teal run` of the stream.
    fn run(&mut self) -> String {
        let stream = self.stream.clone();
        self.teal(&["run", &stream])
    }

    /// What a person sees whose shell has another profile.
    fn refused(&mut self, profile: &str) -> String {
        let stream = self.stream.clone();
        let mut command = self.shop.desk.command(&["run", "--verbose", &stream]);
        let output = command.env("TEMPORAL_CONFIG_FILE", profile).output().expect("the binary");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        self.scan.place(format!("output of teal run with {profile}"), said.clone());
        said
    }
}

async fn set_password(db: &Db, role: &str, password: &str) {
    // on a connection of its own, as its last statement stands in pg_stat_activity
    let mut connection = PgConnection::connect_with(&db.options()).await.expect("a connection");
    let statement = format!("alter role {role} password '{password}'");
    connection.execute(AssertSqlSafe(statement)).await.expect("another password");
    connection.close().await.expect("closing");
}

fn fetch(address: SocketAddr, path: &str) -> Option<String> {
    let mut socket = TcpStream::connect(address).ok()?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: teal\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    socket.read_to_string(&mut text).ok()?;
    Some(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_leaves_no_secret_behind() {
    let mut life = Life::new().await;
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _worker = life.worker(metrics);

    // plan, apply, a batch
    for arguments in [&["validate"][..], &["plan"], &["plan", "--output", "json"]] {
        life.teal(arguments);
    }
    let applied = life.teal(&["apply", "--verbose"]);
    assert!(applied.starts_with("exit: 0\n"), "{applied}");
    assert!(life.run().contains("batch 1: +5 ~0 −0"));

    refused_by_temporal(&mut life);
    rotate(&mut life).await;

    let stream = life.stream.clone();
    for arguments in [
        &["pause", &stream, "--reason", "month end"][..],
        &["status"],
        &["status", &stream],
        &["status", "--output", "json"],
        &["resume", &stream],
    ] {
        let printed = life.teal(arguments);
        assert!(printed.starts_with("exit: 0\n"), "{printed}");
    }

    for path in ["/metrics", "/health/live", "/health/ready"] {
        let text = fetch(metrics, path).expect("an answer");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        life.scan.place(path, text);
    }
    let log = std::fs::read(life.path("worker.log")).unwrap();
    life.scan.place("the worker's log", log);
    assert!(life.scan.holds("the worker's log", "DEBUG"));
    life.scan.activity("source", &life.shop.source).await;
    life.scan.activity("merge store", &life.shop.merge).await;
    assert!(life.scan.catalog(&life.shop.merge).await >= 10);
    assert!(life.scan.histories(&life.shop.name.clone()).await >= 2);
    assert!(life.scan.holds("history of stream/", "PG0003"), "the refused login is there");
    assert!(life.scan.holds("table teal.", "PG0003"), "and here");
    life.scan.processes();
    life.scan.assert_clean();

    life.shop.write_model("external", "[]");
    let retired = life.teal(&["apply", "--yes"]);
    assert!(retired.starts_with("exit: 0\n"), "{retired}");
}

/// Each way of not being let in has its code.
fn refused_by_temporal(life: &mut Life) {
    for (client, ca, key, code) in [
        ("", "ca", KEY[0], "TEMPORAL0021"),
        ("client", "stranger", KEY[0], "TEMPORAL0020"),
        ("client", "ca", "a-wrong-key", "TEMPORAL0010"),
        ("nowhere", "ca", KEY[0], "TEMPORAL0002"),
    ] {
        let profile = life.toml("refused", client, ca, key);
        // The server's reason and its end of the connection race: the reason may come too late.
        let mut said = life.refused(&profile);
        for _again in 0..5 {
            if said.contains(&format!("error[{code}]")) {
                break;
            }
            said = life.refused(&profile);
        }
        assert!(said.contains(&format!("error[{code}]")), "{code}: {said}");
    }
    let front = std::mem::replace(&mut life.front, temporal_address().parse().unwrap());
    life.person(MERGE[0], KEY[0]); // the server itself has no TLS
    let said = life.run();
    assert!(said.contains("error[TEMPORAL0022]"), "{said}");
    life.front = front;
    life.person(MERGE[0], KEY[0]);
}

/// Passwords and API key become others, and the worker goes on.
async fn rotate(life: &mut Life) {
    // the worker alone has the new key; when it was seen, the old one ends
    life.keys.let_pass(&KEY);
    life.toml("worker", "client", "ca", KEY[1]);

    life.source_password(SOURCE[1]).await;
    let refused = life.run();
    assert!(refused.starts_with("exit: 1\n") && refused.contains("PG0003"), "{refused}");
    assert!(refused.contains("credential: source"), "{refused}");
    assert!(refused.contains("source/username"), "the place is named: {refused}");
    life.shop.credentials.set("source", &life.roles[0], Some(SOURCE[1]));
    life.shop.source.run("insert into people values (4, 'Dan')").await;
    let healed = life.run();
    assert!(healed.contains("+1 ~0 −0"), "{healed}");

    life.merge_password(MERGE[1]).await;
    let theirs = format!("usename = '{}'", life.roles[1]);
    let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where {theirs}");
    life.shop.merge.run(&end).await;
    life.person(MERGE[1], KEY[0]);
    life.shop.source.run("insert into people values (5, 'Eve')").await;
    let healed = life.run();
    assert!(healed.contains("+1 ~0 −0"), "{healed}");

    let keys = life.keys.clone();
    eventually("the worker sends the new key", LIMIT, || async {
        keys.has_seen(KEY[1]).then_some(())
    })
    .await;
    life.keys.let_pass(&[KEY[1]]);
    life.person(MERGE[1], KEY[1]);
    life.shop.source.run("insert into people values (6, 'Fay')").await;
    let healed = life.run();
    assert!(healed.contains("+1 ~0 −0"), "{healed}");
}
