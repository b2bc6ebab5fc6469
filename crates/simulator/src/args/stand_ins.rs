//! The options of the destinations' stand-ins.

use std::time::Duration;

use reqwest::Url;

use crate::config::{Aws, Google, ReportingTag, StandIns, UrlAuth};

/// Whom they let in.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Stand-ins of destinations (GET /deliveries shows what they got)")]
pub struct StandInArgs {
    /// Every token and secret: Meta's, Google's and TikTok's, AWS's secret access key, the container's
    #[arg(long, value_name = "TOKEN", default_value = "demo-token")]
    stand_in_token: String,
    /// Client of Google's OAuth
    #[arg(long, value_name = "ID", default_value = "demo-client")]
    google_client_id: String,
    /// How long an access token of Google's is good
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    google_token_seconds: u64,
    /// AWS's access key
    #[arg(long, value_name = "ID", default_value = "AKIADEMO")]
    aws_access_key_id: String,
    /// AWS's region
    #[arg(long, value_name = "REGION", default_value = "eu-central-1")]
    aws_region: String,
    /// Role whose credentials the metadata endpoints hand out
    #[arg(long, value_name = "NAME", default_value = "omni")]
    aws_role: String,
    /// How long those credentials are good
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    aws_session_seconds: u64,
    /// Function of Lambda, with an alias or a version after a colon where it has one; repeat for more
    #[arg(long = "aws-function", value_name = "NAME[:ALIAS]", default_values = ["omni", "omni:live"])]
    aws_functions: Vec<String>,
    /// Who may call the function's URL
    #[arg(long, value_enum, default_value = "aws_iam")]
    aws_url_auth: UrlAuth,
    /// Where the function really runs: what Lambda is given is posted there
    #[arg(long, value_name = "URL")]
    aws_forward: Option<Url>,
    /// The container has a reporting tag, which posts what it takes there: a collector's /events/flat
    #[arg(long, value_name = "URL", requires = "gtm_reporting_token")]
    gtm_reporting: Option<Url>,
    /// Bearer token that the tag posts with
    #[arg(long, value_name = "TOKEN", requires = "gtm_reporting")]
    gtm_reporting_token: Option<String>,
}

impl StandInArgs {
    pub(super) fn into_stand_ins(self) -> StandIns {
        StandIns {
            aws: Aws {
                access_key_id: self.aws_access_key_id,
                secret_access_key: self.stand_in_token.clone(),
                region: self.aws_region,
                role: self.aws_role,
                session: Duration::from_secs(self.aws_session_seconds),
                functions: self.aws_functions,
                url_auth: self.aws_url_auth,
                forward: self.aws_forward,
            },
            google: Google {
                client_id: self.google_client_id,
                token: Duration::from_secs(self.google_token_seconds),
            },
            token: self.stand_in_token,
            reporting: self
                .gtm_reporting
                .zip(self.gtm_reporting_token)
                .map(|(url, token)| ReportingTag {
                    url: url.into(),
                    token,
                }),
        }
    }
}
