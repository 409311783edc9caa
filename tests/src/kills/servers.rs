//! Servers that may be killed.

use std::path::Path;

use teal_devstack::{Options, Progress, Stack, options::Version};

/// Which PostgreSQL dies: `newest`, or the usual one where it is not set. `cargo x kills` sets it.
const POSTGRES: &str = "TEAL_TEST_POSTGRES";

/// A stack of the test's own. When the test fails its servers end and their folder stays until the
/// next private stack starts; when it is killed they end then.
pub(super) struct Servers {
    options: Options,
    stack: Option<Stack>,
}

impl Servers {
    pub(super) async fn start() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut options = Options::private(project, Progress::silent());
        options.name = format!("test-{}-kills", std::process::id());
        options.newest = false;
        options.version = match std::env::var(POSTGRES).as_deref() {
            Err(_) => Version::Usual,
            Ok("newest") => Version::Newest,
            Ok(other) => panic!("{POSTGRES} is `newest` or not set, not {other}"),
        };
        let stack = Stack::up(&options).await.expect("servers");
        Self { options, stack: Some(stack) }
    }

    pub(super) fn stack(&self) -> &Stack {
        self.stack.as_ref().expect("it was not ended")
    }

    pub(super) async fn end(mut self) {
        if let Some(stack) = self.stack.take() {
            stack.end().await.expect("the servers end");
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let Some(stack) = self.stack.take() else { return };
        eprintln!("kept until the next test run: {}", stack.folder().display());
        drop(stack); // it holds the folder's lock
        let options = self.options.clone();
        let end = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(Stack::down(&options)))
        };
        std::thread::spawn(end).join().ok();
    }
}
