//! What the destinations' stand-ins let in. All of it is of accounts that do not exist.

use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Who may call the function's own address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum UrlAuth {
    /// Everybody.
    None,
    /// Whoever signs with a key that is known.
    AwsIam,
}

/// AWS Lambda and where its callers' credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub region: String,
    /// Of the instance and the container whose credentials are handed out.
    pub role: String,
    /// How long those credentials are good.
    pub session: Duration,
    /// Names, each with an alias or a version after a colon where it has one.
    pub functions: Vec<String>,
    pub url_auth: UrlAuth,
    /// A function that runs elsewhere: what it is given is posted there, what it answers is what it returns.
    pub forward: Option<Url>,
}

/// Google's accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Google {
    /// Of the OAuth client; its secret is the token of all.
    pub client_id: String,
    /// How long an access token is good.
    pub token: Duration,
}

/// Where the tag container's reporting tag posts to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReportingTag {
    pub url: String,
    /// Bearer token that it posts with; not shown again.
    #[serde(skip_serializing)]
    pub token: String,
}

/// The destinations that are stood in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIns {
    /// Every token and secret of the platforms that have one, and that of the container's credentials.
    pub token: String,
    pub aws: Aws,
    pub google: Google,
    /// The container has no such tag when absent.
    pub reporting: Option<ReportingTag>,
}

impl Default for StandIns {
    fn default() -> Self {
        Self {
            token: "demo-token".to_owned(),
            aws: Aws::default(),
            google: Google::default(),
            reporting: None,
        }
    }
}

impl Default for Google {
    fn default() -> Self {
        Self {
            client_id: "demo-client".to_owned(),
            token: Duration::from_hours(1),
        }
    }
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            access_key_id: "AKIADEMO".to_owned(),
            secret_access_key: "demo-token".to_owned(),
            region: "eu-central-1".to_owned(),
            role: "omni".to_owned(),
            session: Duration::from_hours(1),
            functions: ["omni", "omni:live"].map(str::to_owned).to_vec(),
            url_auth: UrlAuth::AwsIam,
            forward: None,
        }
    }
}
