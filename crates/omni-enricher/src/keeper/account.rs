//! When the account changed since it was last heard, as far as its subscriptions would tell of it.

use std::time::Duration;

use event::moment;
use event::snapshot::changed_at as time_of;
use pipedrive::{Error, Kind, List, Place, Since, Subscription};
use tokio::time::Instant;

use super::suspicion::Changes;
use crate::api::Api;

/// One question may take so long.
const ASK_MAX: Duration = Duration::from_secs(30);

/// What an account's life shows in, and what subscriptions call it.
const ASKED: [(Kind, List, &str); 3] = [
    (Kind::Deal, List::Deals(None), "deal"),
    (Kind::Person, List::Persons(None), "person"),
    (Kind::Organization, List::Organizations(None), "organization"),
];

/// The changes of deals, persons and organizations after `since_micro`; microseconds since 1970. 10 tokens for each of the three,
/// and as many again where the newest change is younger than `grace_micro`: then it is the oldest one that tells.
///
/// # Errors
/// The account does not answer. A list that is not shown is passed over.
pub(super) async fn changes_since(
    api: &Api,
    wanted: &[Subscription],
    since_micro: i64,
    now_micro: i64,
    grace_micro: i64,
) -> Result<Option<Changes>, Error> {
    let mut newest_micro = None;
    for (kind, _) in told(wanted) {
        newest_micro = newest_micro.max(first(api, &List::Latest(kind)).await?);
    }
    let Some(newest_micro) = newest_micro.filter(|newest| *newest > since_micro) else {
        return Ok(None);
    };
    let mut first_micro = newest_micro;
    if now_micro - newest_micro <= grace_micro {
        // Pipedrive counts whole seconds, from the one that is named.
        let since = Since::from_micro(since_micro + moment::SECOND)?;
        for (_, list) in told(wanted) {
            let oldest = first(api, &list.changed_since(since)).await?;
            first_micro = oldest
                .filter(|oldest| *oldest > since_micro)
                .map_or(first_micro, |oldest| oldest.min(first_micro));
        }
    }
    Ok(Some(Changes {
        first_micro,
        newest_micro,
    }))
}

/// Those of which the subscriptions would tell.
fn told(wanted: &[Subscription]) -> impl Iterator<Item = (Kind, List)> {
    let is_told = |object: &str| {
        wanted.is_empty()
            || wanted
                .iter()
                .any(|wanted| wanted.object == "*" || wanted.object == object)
    };
    ASKED
        .into_iter()
        .filter(move |(.., object)| is_told(object))
        .map(|(kind, list, _)| (kind, list))
}

/// When the first row of a list was changed.
async fn first(api: &Api, list: &List) -> Result<Option<i64>, Error> {
    match api.page(list, &Place::Beginning, Instant::now() + ASK_MAX).await {
        Ok(page) => Ok(page.items.first().and_then(|row| time_of(|key| row.get(key)))),
        Err(Error::Forbidden { .. } | Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
