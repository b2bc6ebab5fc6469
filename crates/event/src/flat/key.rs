//! Flat keys that code outside the catalogue must know by name.

pub const EVENT_UUID: &str = "event_uuid";
pub const EVENT_VER: &str = "event_ver";
pub const EVENT_REVISION: &str = "event_revision";
pub const EVENT_NAME: &str = "event_name";
pub const EVENT_ACTION: &str = "event_action";
pub const EVENT_OBJECT: &str = "event_object";
pub const EVENT_ID: &str = "event_id";
pub const EVENT_COMPANY_ID: &str = "event_company_id";
pub const EVENT_SOURCE: &str = "event_source";
pub const EVENT_TIMESTAMP: &str = "event_timestamp";
pub const EVENT_TIMESTAMP_MICRO: &str = "event_timestamp_micro";
pub const EVENT_RECEIVED_AT: &str = "event_received_at";
pub const EVENT_ENRICHED_AT: &str = "event_enriched_at";
pub const EVENT_MISSING: &str = "event_missing";
pub const EVENT_PERMITTED_USER_IDS: &str = "event_permitted_user_ids";
pub const EVENT_PERMITTED_EVERYONE: &str = "event_permitted_everyone";
pub const DEAL_ID: &str = "deal_id";
pub const DEAL_VALUE: &str = "deal_value";
pub const DEAL_CURRENCY: &str = "deal_currency";
pub const DEAL_ADD_TIME: &str = "deal_add_time";
pub const LEAD_ADD_TIME: &str = "lead_add_time";
pub const DEAL_WON_TIME: &str = "deal_won_time";
pub const DEAL_PREV_WON_TIME: &str = "deal_prev_won_time";
pub const CONTACT_ID: &str = "contact_id";
pub const CONTACT_EMAIL: &str = "contact_email";
pub const CONTACT_FIRST_NAME: &str = "contact_first_name";
pub const CONTACT_LAST_NAME: &str = "contact_last_name";
pub const CONTACT_PHONE_NUMBER: &str = "contact_phone_number";
pub const CONTACT_PHONE_RAW: &str = "contact_phone_raw";
pub const CONTACT_ADD_TIME: &str = "contact_add_time";
pub const ORGANIZATION_ID: &str = "organization_id";
pub const ORGANIZATION_COUNTRY: &str = "organization_country";
pub const METRICS_TOTAL_DEALS: &str = "metrics_total_deals";
pub const METRICS_OPEN_DEALS: &str = "metrics_open_deals";
pub const METRICS_WON_DEALS: &str = "metrics_won_deals";
pub const METRICS_LOST_DEALS: &str = "metrics_lost_deals";
pub const METRICS_WON_VALUE: &str = "metrics_won_value";
pub const METRICS_AVERAGE_DEAL_VALUE: &str = "metrics_average_deal_value";
pub const METRICS_CURRENCY: &str = "metrics_currency";
pub const METRICS_DEALS_IN_OTHER_CURRENCIES: &str = "metrics_deals_in_other_currencies";

use super::Own;

/// The key of the labels of an event's own entity.
pub(crate) const fn own_label(own: Own) -> Option<&'static str> {
    match own {
        Own::Deal => Some("deal_label"),
        Own::Lead => Some("lead_label"),
        _ => None,
    }
}

/// The key of the id of an event's own entity; a contact and an organization have theirs from
/// their properties.
pub(crate) const fn own_id(own: Own) -> Option<&'static str> {
    Some(match own {
        Own::Deal => "deal_id",
        Own::Lead => "lead_id",
        Own::Activity => "activity_id",
        Own::Note => "note_id",
        Own::Product => "product_id",
        Own::User => "user_id",
        Own::Stage => "stage_id",
        Own::Pipeline => "pipeline_id",
        Own::Person | Own::Organization => return None,
    })
}
