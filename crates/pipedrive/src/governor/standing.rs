//! How an account stands with Pipedrive: for metrics, and for an alarm when its edge blocks us.

use super::{Circuit, Refusal};

/// A look at the governor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Tokens of the company's day: Pipedrive's word, else the configuration's.
    pub day_tokens_limit: u64,
    /// What we spent of it today, by the price list.
    pub day_tokens_spent: u64,
    /// What is left at least, as far as we know.
    pub day_tokens_left: u64,
    /// The pause in force.
    pub hold: Option<Refusal>,
    /// Blocks by Pipedrive's edge in a row; above zero a person should know.
    pub bans: u32,
    /// Whether requests go through.
    pub circuit: Circuit,
}
