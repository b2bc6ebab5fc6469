//! Webhooks as lines of a table.

use pipedrive::{Subscription, Webhook};

use crate::command::print;

/// Prints them, ours first.
pub(super) fn print(listed: &[Webhook], wanted: &[Subscription]) -> anyhow::Result<()> {
    print::line(format_args!(
        "{:>8}  {:<5} {:<4} {:<14} {:<9} {:<20} {:<7} AT",
        "ID", "OURS", "V", "EVENT", "STATE", "LAST DELIVERY", "STATUS"
    ))?;
    let is_ours = |webhook: &Webhook| wanted.iter().any(|wanted| wanted.is(webhook));
    let mut sorted: Vec<&Webhook> = listed.iter().collect();
    sorted.sort_by_key(|webhook| (!is_ours(webhook), webhook.id));
    for webhook in sorted {
        let ours = if is_ours(webhook) { "yes" } else { "" };
        print::line(line(webhook, ours))?;
    }
    Ok(())
}

fn line(webhook: &Webhook, ours: &str) -> String {
    let state = if webhook.is_live() { "active" } else { "removed" };
    let at = webhook.last_delivery_time.as_deref().unwrap_or("never");
    let status = match (&webhook.last_delivery_time, webhook.last_http_status) {
        (_, Some(status)) => status.to_string(),
        (Some(_), None) => "none".to_owned(),
        (None, None) => String::new(),
    };
    let why = match &webhook.remove_reason {
        Some(reason) if !webhook.is_live() => format!("  ({reason})"),
        _ => String::new(),
    };
    format!(
        "{:>8}  {ours:<5} {:<4} {:<14} {state:<9} {at:<20.19} {status:<7} {}{why}",
        webhook.id,
        webhook.version.as_str(),
        format!("{}.{}", webhook.action, webhook.object),
        webhook.url,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_one_says_why() {
        let webhook = Webhook {
            id: 7,
            url: "https://h/".to_owned(),
            action: "*".to_owned(),
            object: "deal".to_owned(),
            remove_reason: Some("no successful deliveries".to_owned()),
            last_delivery_time: Some("2026-11-30T10:00:00.123Z".to_owned()),
            ..Webhook::default()
        };
        let line = line(&webhook, "yes");
        assert!(
            line.contains("removed") && line.contains("no successful deliveries"),
            "{line}"
        );
        assert!(
            line.contains("2026-11-30T10:00:00 ") && line.contains("none"),
            "{line}"
        );
    }
}
