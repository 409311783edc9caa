//! PostgreSQL as Teal uses it: SQL text that cannot be injected into, connections, error kinds.
//!
//! Read first: [`Sql`] (how statements are built), [`error::classify`] (what an error means).

mod connect;
pub mod copy;
pub mod error;
mod sql;
pub mod types;

pub use connect::{connect, options, pool};
pub use error::PgResultExt;
pub use sql::{Ident, Sql, SqlPart, literal, sql};
pub use types::PgType;

#[doc(hidden)]
pub const fn sql_part<P: SqlPart>(_part: &P) {}
