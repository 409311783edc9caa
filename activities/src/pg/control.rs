//! The pool of the control catalog, whose password may change while it is open.

use sqlx::PgPool;

use super::{Address, connect::pool};

/// A pool that learns of a new password where its address says to look one up.
#[derive(Debug)]
pub struct ControlPool {
    pool: PgPool,
    address: Address,
    application: &'static str,
}

impl ControlPool {
    /// A lazy pool: the first use connects. `application` shows in `pg_stat_activity`.
    pub fn new(address: Address, application: &'static str, size: u32) -> Self {
        let options = address.options().unwrap_or_else(|_said_at_the_first_use| address.bare());
        Self { pool: pool(options.application_name(application), size), address, application }
    }

    /// The pool; connections that it opens from now on use the password of this moment.
    pub fn get(&self) -> &PgPool {
        if self.address.is_looked_up() {
            match self.address.options() {
                Ok(options) => {
                    self.pool.set_connect_options(options.application_name(self.application));
                }
                // Open connections go on; a new one is refused by the server, with the old password.
                Err(error) => {
                    tracing::warn!(error = %error.one_line(), "the catalog's password cannot be read");
                }
            }
        }
        &self.pool
    }
}
