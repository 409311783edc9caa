//! Free ports, chosen once and remembered.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use serde::{Deserialize, Serialize};

/// One port per server, on the loopback address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) source: u16,
    pub(crate) merge: u16,
    pub(crate) temporal: u16,
    pub(crate) ui: u16,
    /// Of the PostgreSQL of the newest version, where a stack has one. 0 in records of before.
    #[serde(default)]
    pub(crate) newest: u16,
}

/// What a person (and the example model) expects. Temporal's are its own defaults.
pub(crate) const USUAL: Ports =
    Ports { source: 15432, merge: 15433, temporal: 7233, ui: 8233, newest: 15434 };

/// Ports below the range from which Linux takes the local ends of connections (32768–60999), so that
/// no client of another program sits on a remembered one.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

impl Ports {
    /// Chooses free ports: the usual ones where asked for and free, else some that follow from the
    /// stack's folder, so that stacks seldom meet.
    pub(crate) fn choose(folder: &Path, usual: bool) -> Self {
        let mut taken = Vec::new();
        let mut pick = |wanted: u16| {
            let port = free(folder, usual.then_some(wanted), &taken);
            taken.push(port);
            port
        };
        Self {
            source: pick(USUAL.source),
            merge: pick(USUAL.merge),
            temporal: pick(USUAL.temporal),
            ui: pick(USUAL.ui),
            newest: pick(USUAL.newest),
        }
    }
}

/// A free port that is not among `taken`; `wanted` if that is free.
pub(crate) fn free(folder: &Path, wanted: Option<u16>, taken: &[u16]) -> u16 {
    let hash = blake3::hash(folder.as_os_str().as_encoded_bytes());
    let [low, high, ..] = *hash.as_bytes();
    let start = RANGE.start + u16::from_le_bytes([low, high]) % (RANGE.end - RANGE.start);
    let walk = (start..RANGE.end).chain(RANGE.start..start);
    wanted.into_iter().chain(walk).find(|port| !taken.contains(port) && is_free(*port)).unwrap_or(0)
}

/// Whether nobody listens there.
pub(crate) fn is_free(port: u16) -> bool {
    port != 0 && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_different_free_ports_are_chosen() {
        let ports = Ports::choose(Path::new("/some/where"), false);
        let mut all = vec![ports.source, ports.merge, ports.temporal, ports.ui, ports.newest];
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5);
        assert!(all.iter().all(|port| RANGE.contains(port) && is_free(*port)));
    }

    #[test]
    fn a_port_in_use_is_not_given_out() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        assert_ne!(free(Path::new("/x"), Some(port), &[]), port);
    }
}
