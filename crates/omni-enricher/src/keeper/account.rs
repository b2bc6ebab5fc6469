//! When the account changed last, as far as its subscriptions would tell of it.

use event::snapshot::changed_at as time_of;
use pipedrive::{Error, Kind, List, Place, Subscription};
use tokio::time::Instant;

use crate::api::Api;

use std::time::Duration;

/// One question may take so long.
const ASK_MAX: Duration = Duration::from_secs(30);

/// What an account's life shows in, and what subscriptions call it.
const ASKED: [(Kind, &str); 3] = [
    (Kind::Deal, "deal"),
    (Kind::Person, "person"),
    (Kind::Organization, "organization"),
];

/// The newest change of deals, persons and organizations; microseconds since 1970. 10 tokens each.
///
/// # Errors
/// The account does not answer. A list that is not shown is passed over.
pub(super) async fn changed_at(api: &Api, wanted: &[Subscription]) -> Result<Option<i64>, Error> {
    let is_told = |object: &str| {
        wanted.is_empty()
            || wanted
                .iter()
                .any(|wanted| wanted.object == "*" || wanted.object == object)
    };
    let mut newest = None;
    for (kind, _) in ASKED.into_iter().filter(|(_, object)| is_told(object)) {
        let until = Instant::now() + ASK_MAX;
        let page = match api.page(&List::Latest(kind), &Place::Beginning, until).await {
            Ok(page) => page,
            Err(Error::Forbidden { .. } | Error::NotFound { .. }) => continue,
            Err(error) => return Err(error),
        };
        let changed = page.items.first().and_then(|row| time_of(|key| row.get(key)));
        newest = newest.max(changed);
    }
    Ok(newest)
}
