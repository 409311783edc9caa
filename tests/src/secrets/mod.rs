//! Credentials, TLS, and that no secret is ever written down.

mod postgres;
