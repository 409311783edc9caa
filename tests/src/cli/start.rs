//! A model as a person begins it: `teal init`, a source to discover, an empty merge store.

use super::Desk;
use crate::testkit::{Credentials, Db, merge_db};

/// A desk with `teal init` done, a source and an empty merge store.
pub(super) struct Start {
    pub(super) desk: Desk,
    pub(super) source: Db,
    _merge: Db,
    _credentials: Credentials,
}

impl Start {
    pub(super) async fn new(test: &str, source: Db) -> Self {
        let merge = merge_db(test).await;
        let credentials = Credentials::new(&[("shop_reader", &source), ("merge_rw", &merge)]);
        let mut desk = Desk::new();
        desk.set("TEAL_CATALOG", &merge.url);
        let place = source.endpoint("");
        desk.filter(format!("{}:{}/{}", place.host, place.port, place.database), "[source]");
        desk.filter(source.user(), "[user]");
        assert!(desk.teal(&["init", ".", "--name", "acme"]).starts_with("exit: 0\n"));
        let place = merge.endpoint("");
        let platforms = desk
            .read("model/platforms.yaml")
            .replace(
                "{host: 127.0.0.1, port: 15433, database: merge}",
                &format!(
                    "{{host: {}, port: {}, database: {}}}",
                    place.host, place.port, place.database
                ),
            )
            .replace("{env: {}}", &format!("{{files: {{dir: {}}}}}", credentials.dir()));
        desk.write("model/platforms.yaml", &platforms);
        desk.filter(credentials.dir(), "[secrets]");
        Self { desk, source, _merge: merge, _credentials: credentials }
    }

    pub(super) fn discover(&self, words: &[&str]) -> String {
        let said = self.desk.teal(&[&["discover", &self.source.url], words].concat());
        let password = self.source.password().unwrap_or_default();
        assert!(password.is_empty() || !said.contains(&password), "a password is printed");
        said
    }

    /// A file without its estimate, which differs between versions of PostgreSQL.
    pub(super) fn file(&self, path: &str) -> String {
        let text = self.desk.read(path);
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.starts_with("# estimated ")).collect();
        lines.join("\n")
    }
}
