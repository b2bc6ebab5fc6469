//! Pushing: open streams hear of a panel when rows under it landed and its answer is another.
pub mod frame;
pub mod hub;
mod leave;
pub mod screen;
pub mod slots;
pub mod stream;
mod topic;

pub use hub::Hub;
