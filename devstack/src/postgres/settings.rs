//! Settings of a development server.

use std::{fs, io::Write, path::Path};

use teal_model::Result;

use crate::{account::Account, io::At};

const FILE: &str = "teal.conf";

/// Names our file at the end of postgresql.conf, once.
pub(super) fn include(data: &Path) -> Result<()> {
    let path = data.join("postgresql.conf");
    fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .and_then(|mut file| writeln!(file, "include_if_exists = '{FILE}'"))
        .at("configuring PostgreSQL", &path)
}

/// Writes our file; read at the next start.
///
/// `fsync = off`: a killed server loses nothing, as its writes are with the operating system; only
/// a crash of the machine may damage the folder, and then a development stack starts anew.
/// `synchronous_commit` stays on: what a killed server had confirmed must be there again.
/// No JIT: it costs more than it gives on statements of a second. No socket: paths of state folders
/// may be longer than a socket's name may be. Connections for a dozen workers beside other tests. What may be a source is ready for logical replication.
pub(super) fn write(data: &Path, server: &str, port: u16, account: &Account) -> Result<()> {
    let wal_level = if server == "merge" { "replica" } else { "logical" };
    let text = format!(
        "listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
fsync = off
full_page_writes = off
wal_level = {wal_level}
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
cluster_name = 'teal {server}'
"
    );
    let path = data.join(FILE);
    fs::write(&path, text).at("configuring PostgreSQL", &path)?;
    account.own(&path)
}
