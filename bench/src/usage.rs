//! What this process has used, from `/proc`.

use std::fs;

/// Ticks of `/proc/<pid>/stat` per second: fixed at 100 on every Linux that Teal runs on.
const TICKS: f64 = 100.0;

/// User and system time so far.
pub(crate) fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |n: usize| -> f64 {
        after_name.split_whitespace().nth(n).and_then(|f| f.parse().ok()).unwrap_or(0.0)
    };
    (field(11) + field(12)) / TICKS
}

/// Largest resident memory so far.
pub(crate) fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
