//! Pages of the account, with patience: what passes is waited out, what does not ends the run with its reason.

use std::time::Duration;

use anyhow::{Context, bail};
use pipedrive::{Class, Client, Error, Kind, Limit, List, Page, Place, Priority, State};
use stage::Shutdown;
use stage::backoff::{Backoff, Limits};

/// One page may take this long, waiting for our own limits included.
const PAGE_MAX: Duration = Duration::from_mins(1);
/// Longest pause before a page is asked for again.
const PAUSE_MAX: Duration = Duration::from_mins(2);
const ATTEMPTS_MAX: u32 = 10;

/// What came of a page.
#[derive(Debug)]
pub(crate) enum Came {
    Page(Page),
    /// The account does not show the list.
    NotShown(Error),
    /// Nothing more today: the share of the budget is spent. It begins anew in so long.
    Spent(Duration),
    /// A stop was requested.
    Stopped,
}

/// Asks an account.
#[derive(Debug)]
pub(crate) struct Pages {
    client: Client,
    priority: Priority,
    shutdown: Shutdown,
    /// Spent by this process.
    pub(crate) tokens: u64,
}

impl Pages {
    pub(crate) fn new(client: Client, priority: Priority, shutdown: Shutdown) -> Self {
        Self {
            client,
            priority,
            shutdown,
            tokens: 0,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whose account it is.
    pub(crate) async fn company(&mut self) -> anyhow::Result<u64> {
        let me = self.owner().await?;
        me.get("company_id")
            .and_then(serde_json::Value::as_u64)
            .context("the account does not say which company it is")
    }

    /// Who owns the credentials, and whose account it is.
    pub(crate) async fn owner(&mut self) -> anyhow::Result<State> {
        let call = self.client.me(self.priority, PAGE_MAX).await;
        self.tokens += u64::from(call.facts.tokens);
        call.result
            .context("the account cannot be asked; `omni pipedrive check` says more")
    }

    /// One entity; `None` when it is not there, or not shown.
    ///
    /// # Errors
    /// The account does not answer.
    pub(crate) async fn one(&mut self, kind: Kind, id: &str) -> anyhow::Result<Option<State>> {
        let call = self.client.get(kind, id, self.priority, PAGE_MAX).await;
        self.tokens += u64::from(call.facts.tokens);
        match call.result {
            Ok(state) => Ok(Some(state)),
            Err(error) if error.class() == Class::Abort => Ok(None),
            Err(error) => Err(error).context("pipedrive does not answer; run the command again later"),
        }
    }

    /// The greatest id there is; 0 when that cannot be told.
    pub(crate) async fn newest(&mut self, kind: Kind) -> u64 {
        match self.page(&List::Newest(kind), &Place::Beginning).await {
            Ok(Came::Page(page)) => super::rows::greatest_id(&page.items),
            _ => 0,
        }
    }

    /// One page.
    ///
    /// # Errors
    /// What a person must look into, and an API that stays silent.
    pub(crate) async fn page(&mut self, list: &List, place: &Place) -> anyhow::Result<Came> {
        let mut backoff = Backoff::new(Limits {
            initial: Duration::from_secs(1),
            pause_max: PAUSE_MAX,
            attempts_max: Some(ATTEMPTS_MAX),
        });
        loop {
            let call = self.client.page(list, place, self.priority, PAGE_MAX).await;
            self.tokens += u64::from(call.facts.tokens);
            let error = match call.result {
                Ok(page) => return Ok(Came::Page(page)),
                Err(error) => error,
            };
            let pause = match (&error, error.class()) {
                (
                    Error::RateLimited {
                        limit: Limit::Reserve | Limit::Daily,
                        retry_after,
                    },
                    _,
                ) if *retry_after > PAGE_MAX => return Ok(Came::Spent(*retry_after)),
                (_, Class::Abort) => return Ok(Came::NotShown(error)),
                (_, Class::Fatal) => bail!(error),
                (_, Class::Retry) => match backoff.next_pause() {
                    Some(pause) => pause.max(error.retry_after().unwrap_or_default().min(PAUSE_MAX)),
                    None => {
                        return Err(error).context("pipedrive does not answer; run the command again later");
                    }
                },
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shutdown.requested() => return Ok(Came::Stopped),
            }
        }
    }
}
