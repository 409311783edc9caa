//! The variables that point `teal`, `temporal` and tests at a stack.

use std::process::Command;

/// Names and values, in the order in which they are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(pub(crate) Vec<(&'static str, String)>);

impl Environment {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Sets them for a program.
    pub fn give_to(&self, command: &mut Command) {
        command.envs(self.iter());
    }

    /// Lines for a shell's `eval`.
    pub fn shell_lines(&self) -> String {
        let line = |(name, value): (&str, &str)| {
            format!("export {name}='{}'\n", value.replace('\'', "'\\''"))
        };
        self.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_survives_the_shell() {
        let environment = Environment(vec![("A", "it's".into()), ("B", "x y".into())]);
        let script = format!("{}printf '%s|%s' \"$A\" \"$B\"", environment.shell_lines());
        let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "it's|x y");
    }
}
