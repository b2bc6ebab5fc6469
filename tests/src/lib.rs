//! The package of the tests that span all crates; it has no code of its own (see `tests/`).
