//! The options that say how much may be asked.

use crate::limits::{Limits, Plan};

/// Pipedrive's plan decides, unless a number is given.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Plan of the company: requests in two seconds, and tokens a day by seat
    #[arg(long, value_enum, default_value = "ultimate")]
    plan: Plan,
    /// Seats of the company
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    seats: u64,
    /// API tokens a day, whatever the plan
    #[arg(long, value_name = "TOKENS")]
    daily_tokens: Option<u64>,
    /// API requests in a rolling two seconds, whatever the plan
    #[arg(long, value_name = "COUNT")]
    burst: Option<usize>,
    /// Leave out the headers that tell of the day's tokens
    #[arg(long)]
    no_daily_headers: bool,
    /// Answers of 429 in a minute after which the edge answers 403 with a page; never without it
    #[arg(long, value_name = "COUNT")]
    ban_after: Option<usize>,
    /// How long the edge does so
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    ban_seconds: u64,
    /// E-mail verifications that are paid for; 429 beyond
    #[arg(long, value_name = "COUNT")]
    verifier_credits: Option<u64>,
    /// E-mail verifications in a rolling second; 403 beyond
    #[arg(long, value_name = "COUNT")]
    verifier_second_max: Option<usize>,
}

impl LimitArgs {
    pub(super) fn into_limits(self) -> Limits {
        let plan = Limits::of(self.plan, self.seats);
        Limits {
            tokens_daily: self.daily_tokens.unwrap_or(plan.tokens_daily),
            burst_max: self.burst.unwrap_or(plan.burst_max),
            daily_headers: !self.no_daily_headers,
            ban_after: self.ban_after,
            ban_seconds: self.ban_seconds,
            verifier_credits: self.verifier_credits,
            verifier_second_max: self.verifier_second_max,
            ..plan
        }
    }
}
