//! Merge tables in PostgreSQL.

pub mod ddl;
