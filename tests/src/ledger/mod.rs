//! The ledger against a real merge store: each rule of DESIGN §4.1 has a test of its own.

mod life;
mod migrate;
mod rules;
mod sessions;
mod world;
