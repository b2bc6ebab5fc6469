//! `omni webhooks check`.

use std::process::ExitCode;

use pipedrive::{Cause, Priority, State, Step, Subscription, WEBHOOKS_MAX, Webhook, upkeep};
use serde_json::Value;

use super::asked::{COMMAND_MAX, Whose, told};
use super::probe;
use crate::command::account::is_admin;
use crate::command::print;

/// So few left of the quota are worth a word.
const QUOTA_LEFT_MIN: usize = 3;

/// Say whether the subscriptions are there and work, and what to do where not. 12 tokens.
///
/// Looks at the user's rights, at each subscription of [source.<name>.webhooks], at its last delivery, at the quota, and asks
/// the address that Pipedrive posts to, with its credentials, without sending an event. Exit status: 0 all is well, 1 something
/// needs a person. A ban does not show in Pipedrive's list: a failed last delivery is what there is to see.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    #[command(flatten)]
    whose: Whose,
    /// Leave the address alone, where it cannot be reached from here
    #[arg(long)]
    no_probe: bool,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let asked = self.whose.ask()?;
        let wanted = asked.wanted()?;
        let me = told(asked.client.me(Priority::Live, COMMAND_MAX).await)?;
        let listed = asked.listed().await?;
        let mut findings = vec![rights(&me, &wanted)];
        findings.extend(wanted.iter().map(|subscription| standing(subscription, &listed)));
        findings.extend(strays(&wanted, &listed));
        findings.extend(quota(&listed));
        if let Some(subscription) = wanted.first().filter(|_| !self.no_probe) {
            let found = probe::probe(subscription, &asked.source.password).await;
            findings.push(Finding {
                is_good: found.is_good(),
                text: format!("{} {}", subscription.url, found.told()),
            });
        }
        for finding in &findings {
            let mark = if finding.is_good { "ok" } else { "LOOK" };
            print::line(format_args!("{mark:<5} {}", finding.text))?;
        }
        let is_well = findings.iter().all(|finding| finding.is_good);
        Ok(ExitCode::from(u8::from(!is_well)))
    }
}

/// One line of the report.
#[derive(Debug)]
struct Finding {
    is_good: bool,
    text: String,
}

/// An event is told only if the webhook's user may see it.
fn rights(me: &State, wanted: &[Subscription]) -> Finding {
    let is_admin = is_admin(me);
    let name = me.get("name").and_then(Value::as_str).unwrap_or("?");
    let other = wanted.iter().find_map(|wanted| wanted.user_id);
    match (is_admin, other) {
        (true, None) => Finding {
            is_good: true,
            text: format!("{name} is an administrator: what happens in the apps of that right is told"),
        },
        (true, Some(id)) => Finding {
            is_good: true,
            text: format!("{name} is an administrator; told is what user {id} may see"),
        },
        (false, _) => Finding {
            is_good: false,
            text: format!(
                "{name} is no administrator: only what this user may see is told. Take an administrator's token, or set `user_id` to one"
            ),
        },
    }
}

fn standing(subscription: &Subscription, listed: &[Webhook]) -> Finding {
    let about = format!(
        "{}.{} (v{})",
        subscription.action,
        subscription.object,
        subscription.version.as_str()
    );
    let live = listed
        .iter()
        .filter(|webhook| subscription.is(webhook) && webhook.is_live());
    let Some(webhook) = live.max_by_key(|webhook| webhook.last_delivery_time.clone()) else {
        let removed = listed.iter().find(|webhook| subscription.is(webhook));
        let why = removed.and_then(|webhook| webhook.remove_reason.as_deref());
        let what = match (removed, why) {
            (None, _) => "there is no such subscription".to_owned(),
            (Some(_), None) => "Pipedrive removed it".to_owned(),
            (Some(_), Some(why)) => format!("Pipedrive removed it: {why}"),
        };
        return Finding {
            is_good: false,
            text: format!("{about}: {what}; `omni webhooks register` makes it"),
        };
    };
    let at = webhook.last_delivery_time.as_deref().unwrap_or_default();
    let id = webhook.id;
    match webhook.is_taken() {
        None => Finding {
            is_good: true,
            text: format!("{about}: webhook {id}, nothing delivered yet"),
        },
        Some(true) => Finding {
            is_good: true,
            text: format!("{about}: webhook {id}, last delivery taken at {at}"),
        },
        Some(false) => {
            let answered = match webhook.last_http_status {
                Some(status) => format!("was answered {status}"),
                None => "was not answered".to_owned(),
            };
            Finding {
                is_good: false,
                text: format!(
                    "{about}: webhook {id}, the last delivery, at {at}, {answered}. Ten of these ban it for half an hour: \
                     `omni webhooks register --renew` ends a ban, `omni reconcile` finds what was missed"
                ),
            }
        }
    }
}

/// What is ours and should not be there.
fn strays(wanted: &[Subscription], listed: &[Webhook]) -> Vec<Finding> {
    let steps = upkeep(wanted, listed, |_| false);
    let stray = |step: &Step<'_>| match step {
        Step::Remove(id, cause) => Some(Finding {
            is_good: false,
            text: format!(
                "webhook {id} {}; `omni webhooks register` removes it",
                if *cause == Cause::Double {
                    "tells the same as another"
                } else {
                    "is a removed one"
                }
            ),
        }),
        Step::Add(..) => None,
    };
    steps.iter().filter_map(stray).collect()
}

fn quota(listed: &[Webhook]) -> Option<Finding> {
    let left = WEBHOOKS_MAX.saturating_sub(listed.len());
    (left < QUOTA_LEFT_MIN).then(|| Finding {
        is_good: left > 0,
        text: format!(
            "{} of {WEBHOOKS_MAX} webhooks of this user are taken: `omni webhooks list` shows by what",
            listed.len()
        ),
    })
}
