//! PostgreSQL as Teal uses it: SQL text that cannot be injected into, connections, error kinds.
//!
//! Read first: [`Sql`] (how statements are built), [`commit`] (how things become durable),
//! [`meaning::MEANINGS`] (what an error means).

mod address;
mod connect;
mod control;
pub mod copy;
mod durable;
pub mod error;
mod lifeline;
pub mod meaning;
mod sql;
mod tls;
pub mod types;

pub use address::{Address, PASSWORD_FILE};
pub use connect::{connect, options, pool};
pub use control::ControlPool;
pub use durable::{alone, alone_in, aside, begin, begin_in, commit, leave, release, visit};
pub use error::PgResultExt;
pub use lifeline::{Lifeline, Lines, answered};
pub use sql::{Ident, Sql, SqlPart, literal, sql};
pub use tls::Handshake;
pub use types::PgType;

#[doc(hidden)]
pub const fn sql_part<P: SqlPart>(_part: &P) {}
