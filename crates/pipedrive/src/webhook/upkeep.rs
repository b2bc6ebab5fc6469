//! What must be done so that each wanted subscription is there once and works. Pure: whoever calls it lists, does the steps,
//! and lists again.
//!
//! A ban shows nowhere in the listing, so the caller says what the account tells: whether it changed while nothing came.

use super::{Subscription, Webhook};

/// Why a step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There is none.
    Missing,
    /// Pipedrive removed it: three days without a successful delivery.
    Removed,
    /// It is there, and tells nothing of what happens: banned, most likely.
    Silent,
    /// Another one tells the same.
    Double,
}

/// One thing to do.
#[derive(Debug, Clone)]
pub enum Step<'a> {
    Add(&'a Subscription, Cause),
    /// The id of the webhook.
    Remove(u64, Cause),
}

impl Cause {
    /// For labels and log lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Removed => "removed",
            Self::Silent => "silent",
            Self::Double => "double",
        }
    }
}

/// The steps that lead from what is listed to what is wanted, in their order: what replaces comes before what is replaced,
/// since one event told twice is known by its id, and one told by nobody is lost. Webhooks that are nobody's here are left
/// alone. `is_silent` says of a live webhook that the account changed and it did not tell.
pub fn upkeep<'a>(
    wanted: &'a [Subscription],
    listed: &[Webhook],
    is_silent: impl Fn(&Webhook) -> bool,
) -> Vec<Step<'a>> {
    let mut adds = Vec::new();
    let mut removes = Vec::new();
    for subscription in wanted {
        let (mut live, dead): (Vec<&Webhook>, Vec<&Webhook>) = listed
            .iter()
            .filter(|webhook| subscription.is(webhook))
            .partition(|webhook| webhook.is_live());
        // The best one first: it works, it worked last, it is the oldest.
        live.sort_by_key(|webhook| {
            let last = std::cmp::Reverse(webhook.last_delivery_time.clone());
            (
                is_silent(webhook),
                webhook.is_taken() == Some(false),
                last,
                webhook.id,
            )
        });
        match live.split_first() {
            None => {
                let why = if dead.is_empty() {
                    Cause::Missing
                } else {
                    Cause::Removed
                };
                adds.push(Step::Add(subscription, why));
            }
            Some((best, others)) => {
                removes.extend(
                    others
                        .iter()
                        .map(|webhook| Step::Remove(webhook.id, Cause::Double)),
                );
                if is_silent(best) {
                    adds.push(Step::Add(subscription, Cause::Silent));
                    removes.push(Step::Remove(best.id, Cause::Silent));
                }
            }
        }
        removes.extend(
            dead.iter()
                .map(|webhook| Step::Remove(webhook.id, Cause::Removed)),
        );
    }
    adds.extend(removes);
    adds
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use url::Url;

    use super::super::Version;
    use super::*;

    fn wanted(object: &str) -> Subscription {
        Subscription {
            url: Url::parse("https://h/webhooks/pipedrive/crm").unwrap(),
            action: "*".to_owned(),
            object: object.to_owned(),
            version: Version::V2,
            name: "Omni".to_owned(),
            user: "u".to_owned(),
            password: "p".into(),
            user_id: None,
        }
    }

    fn webhook(id: u64, object: &str) -> Webhook {
        Webhook {
            id,
            url: "https://h/webhooks/pipedrive/crm".to_owned(),
            action: "*".to_owned(),
            object: object.to_owned(),
            is_active: true,
            last_delivery_time: Some("2026-11-30T10:00:00.000Z".to_owned()),
            last_http_status: Some(200),
            ..Webhook::default()
        }
    }

    fn removed(id: u64) -> Webhook {
        Webhook {
            is_active: false,
            remove_time: Some("2026-11-30T10:00:00.000Z".to_owned()),
            ..webhook(id, "*")
        }
    }

    fn steps(wanted: &[Subscription], listed: &[Webhook], silent: &[u64]) -> Vec<String> {
        upkeep(wanted, listed, |webhook| silent.contains(&webhook.id))
            .iter()
            .map(|step| match step {
                Step::Add(subscription, why) => format!("add {} {}", subscription.object, why.as_str()),
                Step::Remove(id, why) => format!("remove {id} {}", why.as_str()),
            })
            .collect()
    }

    #[test]
    fn what_is_there_and_works_is_left_alone() {
        let other = Webhook {
            url: "https://elsewhere/".to_owned(),
            is_active: false,
            ..webhook(9, "*")
        };
        assert!(steps(&[wanted("*")], &[webhook(1, "*"), other], &[9]).is_empty());
    }

    #[test]
    fn what_is_missing_or_was_removed_is_added_once() {
        assert_eq!(steps(&[wanted("*")], &[], &[]), ["add * missing"]);
        assert_eq!(
            steps(&[wanted("*")], &[removed(3)], &[]),
            ["add * removed", "remove 3 removed"]
        );
        let both = [wanted("deal"), wanted("lead")];
        assert_eq!(steps(&both, &[webhook(1, "deal")], &[]), ["add lead missing"]);
    }

    #[test]
    fn a_silent_one_is_replaced_before_it_is_removed() {
        assert_eq!(
            steps(&[wanted("*")], &[webhook(1, "*")], &[1]),
            ["add * silent", "remove 1 silent"]
        );
    }

    #[test]
    fn of_doubles_the_one_that_works_stays() {
        let failing = Webhook {
            last_http_status: Some(500),
            ..webhook(1, "*")
        };
        let listed = [failing, webhook(2, "*"), webhook(3, "*")];
        assert_eq!(
            steps(&[wanted("*")], &listed, &[]),
            ["remove 3 double", "remove 1 double"]
        );
        assert_eq!(
            steps(&[wanted("*")], &listed, &[2, 3]),
            ["remove 2 double", "remove 3 double"],
            "one that is not silent is there"
        );
    }

    #[test]
    fn doing_the_steps_leaves_nothing_to_do() {
        let wanted = [wanted("deal"), wanted("*")];
        let mut listed = vec![
            webhook(1, "deal"),
            webhook(2, "deal"),
            removed(3),
            webhook(4, "*"),
        ];
        let silent = [1, 2, 4];
        let mut next = 10;
        for step in upkeep(&wanted, &listed.clone(), |webhook| silent.contains(&webhook.id)) {
            match step {
                Step::Add(subscription, _) => {
                    listed.push(webhook(next, &subscription.object));
                    next += 1;
                }
                Step::Remove(id, _) => listed.retain(|webhook| webhook.id != id),
            }
        }
        assert_eq!(listed.len(), wanted.len());
        assert!(upkeep(&wanted, &listed, |webhook| silent.contains(&webhook.id)).is_empty());
    }
}
