//! Kinds of destinations. What is true of one is said in its own file.

use serde::{Deserialize, Serialize};

use crate::destination::{
    aws_lambda, ga4, google_ads, google_data_manager, gtm_server, http, meta_conversions, tiktok_events,
};

/// What kind of destination it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// Any HTTP endpoint, signed as Standard Webhooks.
    #[default]
    Http,
    /// A Google Tag Manager server container with the Data Client.
    GtmServer,
    /// Google Analytics 4, by the Measurement Protocol.
    Ga4,
    /// Meta's ads (Facebook, Instagram), by the Conversions API.
    MetaConversions,
    /// TikTok's ads, by the Events API.
    TiktokEvents,
    /// A function of AWS Lambda.
    AwsLambda,
    /// Conversions of Google Ads, by the Google Ads API.
    GoogleAds,
    /// Conversions of Google Ads, by the Data Manager API.
    GoogleDataManager,
}

/// What is true of a kind, whatever its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// As the configuration writes it.
    pub(crate) name: &'static str,
    /// Its address is known without being told.
    pub(crate) has_address: bool,
    /// It is told of persons, for advertising: then it must be said whose consent there is.
    pub(crate) tells_of_persons: bool,
    /// It knows how to take back what it was told.
    pub(crate) retracts: bool,
}

impl DestinationKind {
    pub(crate) const fn profile(self) -> Profile {
        match self {
            Self::Http => http::PROFILE,
            Self::GtmServer => gtm_server::PROFILE,
            Self::Ga4 => ga4::PROFILE,
            Self::MetaConversions => meta_conversions::PROFILE,
            Self::TiktokEvents => tiktok_events::PROFILE,
            Self::AwsLambda => aws_lambda::PROFILE,
            Self::GoogleAds => google_ads::PROFILE,
            Self::GoogleDataManager => google_data_manager::PROFILE,
        }
    }

    /// As the configuration writes it.
    pub const fn as_str(self) -> &'static str {
        self.profile().name
    }
}
