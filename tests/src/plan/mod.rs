//! From a model to streams, tables, views and roles: plan and apply against real PostgreSQL. Jobs are
//! run by the local orchestrator, the one of `teal apply --local`.

mod change;
mod consumers;
mod drift;
mod first;
mod refuse;
mod rename;
mod resume;
mod sources;
mod world;
