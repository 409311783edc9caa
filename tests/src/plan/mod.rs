//! From a model to streams, tables, views and roles: plan and apply against real PostgreSQL. Jobs are
//! run by the local orchestrator, the one of `teal apply --local`.

mod aside;
mod change;
mod consumers;
mod drift;
mod drop;
mod file;
mod first;
mod hand_over;
mod moves;
mod place;
mod refuse;
mod rename;
mod resume;
mod sources;
mod world;
