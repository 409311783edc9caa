//! The ledger against a real merge store: each rule of DESIGN §4.1 has a test of its own.

mod migrate;
mod rules;
mod world;
