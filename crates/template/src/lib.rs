//! A template is one versioned folder that says what is stored and shown: a strict JSON Schema, tables, and panels.
//!
//! Pure: it is given text and gives back types, rows, and violations. It never opens a file, asks a clock, or panics on
//! what an event holds. The only user of `jsonschema`.
pub mod column;
mod contract;
pub mod error;
mod family;
pub mod finding;
pub mod manifest;
pub mod migration;
mod nearest;
pub mod places;
mod plan;
pub mod registry;
pub mod row;
pub mod schema;
pub mod template;

pub use column::{Column, ColumnType};
pub use contract::{Contract, Kept};
pub use error::LoadError;
pub use family::Family;
pub use finding::Finding;
pub use manifest::Manifest;
pub use migration::Migration;
pub use registry::{NotThere, Registry};
pub use row::{Envelope, Row, RowContext, Value};
pub use schema::{Schema, ValidRow, Violation};
pub use template::{Imported, NotTaken, Template};
