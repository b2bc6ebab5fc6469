//! The course against a model of broker and server: whatever crashes, stalls, moves or comes late, each record has its row
//! once, or is rejected once, and the views agree with their base.
mod broker;
mod server;
mod tests;
mod worker;
mod world;
