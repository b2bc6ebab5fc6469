//! Where a deal came from: its own custom fields, else its channel or origin, else its lead's, else its
//! contact's. The first that names a source wins, with the campaign that stands beside it.

use event::Document;
use event::enriched::Marketing;
use serde_json::Value;

use crate::config;
use crate::custom;
use crate::facts::{filled, text};

/// What a deal itself says.
pub(crate) fn of_deal(deal: &Document, mapping: &config::Marketing) -> Option<Marketing> {
    of_state(
        deal,
        mapping,
        ["deal_custom_field", "deal_channel", "deal_origin"],
    )
}

/// What a lead itself says.
pub(crate) fn of_lead(lead: &Document, mapping: &config::Marketing) -> Option<Marketing> {
    of_state(
        lead,
        mapping,
        ["lead_custom_field", "lead_channel", "lead_origin"],
    )
}

/// What a person's own custom fields say.
pub(crate) fn of_contact(person: &Document, mapping: &config::Marketing) -> Option<Marketing> {
    let field = |key: &Option<String>| key.as_deref().and_then(|key| custom::text(person, key));
    let source = field(&mapping.contact_source_field);
    let campaign = field(&mapping.contact_campaign_field);
    found(source, campaign, None, "contact_custom_field")
}

/// The first that names a source; else the first that names a campaign alone.
pub(crate) fn first<'a>(candidates: impl IntoIterator<Item = Option<&'a Marketing>>) -> Option<Marketing> {
    let mut half = None;
    for candidate in candidates.into_iter().flatten() {
        if candidate.source.is_some() {
            return Some(candidate.clone());
        }
        half = half.or_else(|| Some(candidate.clone()));
    }
    half
}

fn of_state(state: &Document, mapping: &config::Marketing, origins: [&str; 3]) -> Option<Marketing> {
    let [by_field, by_channel, by_origin] = origins;
    let field = |key: &Option<String>| key.as_deref().and_then(|key| custom::text(state, key));
    let campaign = field(&mapping.campaign_field).or_else(|| text(state, "channel_id"));
    let medium = field(&mapping.medium_field);
    if let Some(source) = field(&mapping.source_field) {
        return found(Some(source), campaign, medium, by_field);
    }
    if let Some(channel) = channel(state, mapping) {
        return found(Some(channel), campaign, medium, by_channel);
    }
    let word = text(state, "origin").filter(|word| mapping.tells(word));
    let origin = if word.is_some() { by_origin } else { by_channel };
    found(word, campaign, medium, origin)
}

/// The channel's name: as the settings have it, else as it came.
fn channel(state: &Document, mapping: &config::Marketing) -> Option<String> {
    let id = match state.get("channel")? {
        Value::Number(number) => number.to_string(),
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Object(option) => return filled(option.get("label")),
        _ => return None,
    };
    Some(mapping.channels.get(&id).cloned().unwrap_or(id))
}

fn found(
    source: Option<String>,
    campaign: Option<String>,
    medium: Option<String>,
    origin: &str,
) -> Option<Marketing> {
    let anything = source.is_some() || campaign.is_some() || medium.is_some();
    anything.then(|| Marketing {
        source,
        campaign,
        medium,
        origin: Some(origin.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use serde_json::json;

    use super::*;

    fn document(state: &Value) -> Document {
        state.as_object().unwrap().clone().into()
    }

    fn mapping() -> config::Marketing {
        config::Marketing {
            source_field: Some("s".into()),
            campaign_field: Some("c".into()),
            medium_field: Some("m".into()),
            contact_source_field: Some("s".into()),
            channels: [("8".to_owned(), "facebook".to_owned())].into(),
            ..config::Marketing::default()
        }
    }

    fn deal(state: Value) -> (Option<String>, Option<String>, Option<String>) {
        let marketing = of_deal(&document(&state), &mapping());
        marketing.map_or((None, None, None), |found| {
            (found.source, found.campaign, found.origin)
        })
    }

    fn all(source: &str, campaign: &str, origin: &str) -> (Option<String>, Option<String>, Option<String>) {
        let own = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (own(source), own(campaign), own(origin))
    }

    #[test]
    fn a_custom_field_goes_before_the_channel_and_the_channel_before_the_origin() {
        let fields = json!({"custom_fields": {"s": "google", "c": "brand"}, "channel": 8, "channel_id": "spring", "origin": "Marketplace"});
        assert_eq!(deal(fields), all("google", "brand", "deal_custom_field"));
        assert_eq!(
            deal(json!({"channel": 8, "channel_id": "spring", "origin": "Marketplace"})),
            all("facebook", "spring", "deal_channel")
        );
        assert_eq!(
            deal(json!({"channel": 9, "channel_id": null})),
            all("9", "", "deal_channel")
        );
        assert_eq!(
            deal(json!({"channel": {"id": 9, "label": "fair"}})),
            all("fair", "", "deal_channel")
        );
        assert_eq!(
            deal(json!({"channel": null, "origin": "Marketplace"})),
            all("Marketplace", "", "deal_origin")
        );
        assert_eq!(
            deal(json!({"custom_fields": {"c": "brand"}, "channel": 8})),
            all("facebook", "brand", "deal_channel")
        );
    }

    #[test]
    fn what_says_nothing_gives_nothing() {
        assert_eq!(deal(json!({"origin": "ManuallyCreated"})), all("", "", ""));
        assert_eq!(deal(json!({})), all("", "", ""));
        assert_eq!(
            deal(json!({"channel_id": "spring"})),
            all("", "spring", "deal_channel")
        );
    }

    #[test]
    fn the_first_that_names_a_source_wins() {
        let person = json!({"custom_fields": {"s": "fair"}});
        let contact = of_contact(&document(&person), &mapping());
        let lead = of_lead(&document(&json!({"channel": 8})), &mapping());
        let campaign_alone = of_deal(&document(&json!({"channel_id": "spring"})), &mapping());
        let won = first([campaign_alone.as_ref(), lead.as_ref(), contact.as_ref()]).unwrap();
        assert_eq!(
            (won.source.as_deref(), won.origin.as_deref()),
            (Some("facebook"), Some("lead_channel"))
        );
        let won = first([campaign_alone.as_ref(), None, contact.as_ref()]).unwrap();
        assert_eq!(won.origin.as_deref(), Some("contact_custom_field"));
        assert_eq!(
            first([campaign_alone.as_ref(), None])
                .unwrap()
                .campaign
                .as_deref(),
            Some("spring")
        );
        assert_eq!(first([None, None]), None);
    }
}
