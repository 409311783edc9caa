//! What processes have used, from `/proc`.

use std::{fs, path::Path};

/// Ticks of `/proc/<pid>/stat` per second: fixed at 100 on every Linux that Teal runs on.
const TICKS: f64 = 100.0;

/// User and system time of this process so far, without its children.
pub(crate) fn own_cpu_seconds() -> f64 {
    let stat = fields("self");
    (field(&stat, 11) + field(&stat, 12)) / TICKS
}

/// User and system time of a process, of its children that ended and of those that live: a
/// PostgreSQL server is one process for each session.
pub(crate) fn cpu_seconds(pid: i32) -> f64 {
    let mut sum = time_with_ended_children(&fields(&pid.to_string()));
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let stat = fields(&entry.file_name().to_string_lossy());
        if field(&stat, 1) == f64::from(pid) {
            sum += time_with_ended_children(&stat);
        }
    }
    sum / TICKS
}

fn time_with_ended_children(stat: &[String]) -> f64 {
    (11..=14).map(|n| field(stat, n)).sum()
}

/// Fields after the name: state, parent, …
fn fields(process: &str) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().map(ToOwned::to_owned).collect()
}

fn field(stat: &[String], n: usize) -> f64 {
    stat.get(n).and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

/// Largest resident memory of a process (`self`, or its number) so far, in MB.
pub(crate) fn peak_mb(process: &str) -> u64 {
    kilobytes(process, "VmHWM:") / 1024
}

/// Resident memory of a process now, in bytes.
pub(crate) fn resident_bytes(process: i32) -> u64 {
    kilobytes(&process.to_string(), "VmRSS:") * 1024
}

fn kilobytes(process: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Bytes of all files below a folder.
pub(crate) fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes_of(&entry.path()),
        Ok(data) => data.len(),
        Err(_gone) => 0,
    };
    entries.map(size).sum()
}
