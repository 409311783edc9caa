//! Schema `teal`: migrations, ledger, control catalog.
