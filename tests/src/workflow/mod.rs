//! Workflows on a real Temporal server, with a scripted engine in place of PostgreSQL.
//!
//! Read first: [`world::World`] (a worker, a stream, people), [`script::Script`] (the engine).

mod apply;
mod cold;
mod failures;
mod flag;
mod people;
mod record;
mod replay;
mod script;
mod stream;
mod stuck;
mod verbs;
mod world;
