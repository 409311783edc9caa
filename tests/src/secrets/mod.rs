//! Credentials, TLS, and that no secret is ever written down.

mod life;
mod postgres;
mod scan;
