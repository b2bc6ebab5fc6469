//! The options that say what a receiver may do wrong before it is told of nothing more.

use std::time::Duration;

use crate::subscription::Patience;

/// Pipedrive's own rules, unless a number is given.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Webhooks")]
#[expect(clippy::struct_field_names, reason = "they are the names of options")]
pub struct PatienceArgs {
    /// Failed first attempts that ban a webhook; 0 = never
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    webhook_failures_max: u32,
    /// How long a ban lasts; what happens meanwhile is never told
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    webhook_ban_seconds: u64,
    /// Failing so long without one success removes a webhook
    #[arg(long, value_name = "SECONDS", default_value_t = 259_200)]
    webhook_failing_seconds_max: u64,
}

impl PatienceArgs {
    pub(super) fn into_patience(self) -> Patience {
        Patience {
            failures_max: (self.webhook_failures_max > 0).then_some(self.webhook_failures_max),
            ban: Duration::from_secs(self.webhook_ban_seconds),
            failing_max: Duration::from_secs(self.webhook_failing_seconds_max),
        }
    }
}
