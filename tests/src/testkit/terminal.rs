//! A terminal with a program in it, for what a person is asked there.

use std::{
    io::{Read, Write},
    process::{Child, Command},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use pty_process::blocking::{Pty, open};

use super::{LIMIT, eventually};

/// A program that believes that a person sits there.
pub(crate) struct Terminal {
    program: Child,
    pty: Arc<Pty>,
    screen: Arc<Mutex<String>>,
    /// Reads what is shown, until nobody shows anything any more.
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts a program whose standard streams are a terminal of 24 lines and 200 columns.
    pub(crate) fn start(command: Command) -> Self {
        let (pty, pts) = open().expect("a terminal");
        pty.resize(pty_process::Size::new(24, 200)).expect("a size");
        let command = pty_process::blocking::Command::from(command);
        let program = command.spawn(pts).expect("the program");
        let (pty, screen) = (Arc::new(pty), Arc::new(Mutex::new(String::new())));
        let (reader, shown) = (Arc::clone(&pty), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            // An error is the end of the program: nobody holds the other side any more.
            while let Ok(read @ 1..) = (&*reader).read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..read]);
                shown.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Self { program, pty, screen, reader: Some(reader) }
    }

    /// Everything that was shown, with what moves the cursor.
    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a text is shown.
    pub(crate) async fn shows(&self, text: &str) {
        let seen = eventually(text, LIMIT, || async {
            let screen = self.screen();
            let over = screen.contains(text);
            over.then_some(())
        });
        seen.await;
    }

    /// Presses keys; `\u{3}` is Ctrl-C.
    pub(crate) fn types(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal");
    }

    /// Waits for the end of the program: its exit code, and all that was shown.
    pub(crate) async fn ends(mut self) -> (i32, String) {
        let program = Mutex::new(&mut self.program);
        let ended = eventually("the end of the program", LIMIT, || async {
            program.lock().unwrap_or_else(PoisonError::into_inner).try_wait().expect("the program")
        });
        let code = ended.await.code().unwrap_or(-1);
        // What it said last may still be on its way.
        let reader = self.reader.take().expect("it ends once");
        eventually("the end of what is shown", LIMIT, || async {
            reader.is_finished().then_some(())
        })
        .await;
        (code, self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.program.kill().ok(); // it may have ended already
        self.program.wait().ok();
    }
}
