//! Sends one call: a slot among the calls under way, the governor's leave, the deadline over all of it.

use std::fmt;
use std::time::Duration;

use stage::outbound::{Method, Outbound, OutboundSettings, Overlong, header};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use crate::account::Account;
use crate::address::under;
use crate::answer::{self, Asked};
use crate::governor::{Charge, Lane, Moment, Outcome, Snapshot, Standing, Told};
use crate::session::{Door, Session};
use crate::turnstile::Turnstile;
use crate::{Call, Config, Error, Facts, Kind, Limit, Priority, State};

/// A transient failure is repeated this often inside the deadline.
const REPEATS_MAX: u32 = 1;
/// Pause before the repetition when Pipedrive asked for none.
const REPEAT_PAUSE: Duration = Duration::from_millis(100);
/// A deadline that ends a request sooner than this says nothing about the API.
const SILENCE_MIN: Duration = Duration::from_secs(1);
/// No call has a longer deadline.
const CALL_MAX: Duration = Duration::from_mins(5);

/// The API of one account. Share it (by reference or `Arc`): its limits hold for all who use it.
pub struct Client {
    outbound: Outbound,
    host: Option<String>,
    door: Door,
    turnstile: Turnstile,
    pub(crate) config: Config,
}

/// What is asked, what it costs, and whom it serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub verb: Verb<'a>,
    pub asked: Asked<'a>,
    pub tokens: u32,
    pub priority: Priority,
}

/// What a request does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verb<'a> {
    Read,
    /// Not repeated when it is not known whether it was done.
    Add(&'a serde_json::Value),
    Remove,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("host", &self.host)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for one account.
    pub fn new(account: &Account, config: Config) -> Result<Self, Error> {
        config.check()?;
        let outbound = OutboundSettings {
            connect_max: Duration::from_millis(config.connect_timeout_ms),
            call_max: CALL_MAX,
            answer_bytes_max: config.answer_bytes_max,
            overlong: Overlong::Refused,
            addresses: account.addresses(),
            ..OutboundSettings::default()
        };
        Ok(Self {
            door: Door::new(account, outbound)?,
            outbound: Outbound::new(outbound).map_err(|source| Error::Client { source })?,
            host: account.api_url.host_str().map(str::to_owned),
            turnstile: Turnstile::new(&config, account.access()),
            config,
        })
    }

    /// The entity as the API has it now, in the shape of REST v2 (a soft-deleted one has `is_deleted`).
    ///
    /// The id is decimal text, a lead's a UUID. The deadline counts from now and covers waiting for our own
    /// limits, the request, one repetition, and reading the answer.
    pub async fn get(&self, kind: Kind, id: &str, priority: Priority, deadline: Duration) -> Call<State> {
        let endpoint = kind.endpoint();
        if !kind.takes(id) {
            return Call {
                result: Err(Error::BadId { endpoint }),
                facts: Facts::of(endpoint),
            };
        }
        let request = Request {
            verb: Verb::Read,
            asked: Asked { endpoint, id },
            tokens: kind.tokens(),
            priority,
        };
        let call = self.ask(request, |base| kind.address(base, id), deadline).await;
        Call {
            result: call.result.and_then(|body| kind.read(id, &body)),
            facts: call.facts,
        }
    }

    /// Who the token belongs to: user and `company_id`, `company_domain`, `company_name`. Proves the token.
    pub async fn me(&self, priority: Priority, deadline: Duration) -> Call<State> {
        let asked = Asked {
            endpoint: "me",
            id: "me",
        };
        let request = Request {
            verb: Verb::Read,
            asked,
            tokens: Kind::User.tokens(),
            priority,
        };
        let address = |base: &Url| under(base, 1, &["users", "me"]);
        let call = self.ask(request, address, deadline).await;
        Call {
            result: call.result.and_then(|body| answer::state(asked, &body)),
            facts: call.facts,
        }
    }

    /// How the account stands: tokens spent and left, the pause in force, blocks, the circuit.
    pub fn standing(&self) -> Standing {
        self.turnstile.governor().standing(Moment::now())
    }

    /// What of the limits has to outlive this process.
    pub fn snapshot(&self) -> Snapshot {
        self.turnstile.governor().snapshot(Moment::now())
    }

    /// Goes on where another process stopped. Call it before the first request.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.turnstile.governor().restore(Moment::now(), snapshot);
    }

    /// One request with its repetition, within the deadline. Gives the body of a 2xx answer.
    pub(crate) async fn ask(
        &self,
        request: Request<'_>,
        address: impl Fn(&Url) -> Url,
        deadline: Duration,
    ) -> Call<Vec<u8>> {
        let start = Instant::now();
        let until = start + deadline;
        let mut facts = Facts::of(request.asked.endpoint);
        let attempts = self.attempts(request, address, until, &mut facts);
        let result = match timeout_at(until, attempts).await {
            Ok(Err(Error::Timeout { endpoint, .. })) => Err(Error::Timeout { endpoint, deadline }),
            Ok(result) => result,
            Err(_) => Err(Error::Timeout {
                endpoint: request.asked.endpoint,
                deadline,
            }),
        };
        facts.took = start.elapsed();
        Call { result, facts }
    }

    async fn attempts(
        &self,
        request: Request<'_>,
        address: impl Fn(&Url) -> Url,
        until: Instant,
        facts: &mut Facts,
    ) -> Result<Vec<u8>, Error> {
        let charge = Charge {
            tokens: request.tokens,
            priority: request.priority,
            lane: Lane::General,
        };
        let start = Instant::now();
        let _slot = self.turnstile.slot(charge, until).await?;
        facts.waited += start.elapsed();
        let mut repeats = 0;
        let mut refused = 0;
        loop {
            let session = self.door.open(refused).await?;
            let start = Instant::now();
            let sent = self.turnstile.turn(charge, until).await?;
            facts.waited += start.elapsed();
            facts.requests += 1;
            facts.tokens += request.tokens;
            let url = address(&session.base);
            let (result, outcome, told) = self.once(request, url, &session, until).await;
            facts.note(told);
            let hold = sent.settle(outcome, told);
            let error = match (result, hold) {
                (Ok(body), _) => return Ok(body),
                (Err(Error::RateLimited { .. } | Error::Banned { .. }), Some(hold)) => hold.into(),
                (Err(error), _) => error,
            };
            if matches!(error, Error::Unauthorized) && self.door.renews() && refused == 0 {
                refused = session.generation;
                continue;
            }
            match pause_before_repeat(request.verb, &error) {
                Some(pause) if repeats < REPEATS_MAX && Instant::now() + pause < until => {
                    repeats += 1;
                    sleep(pause).await;
                }
                _ => return Err(error),
            }
        }
    }

    async fn once(
        &self,
        request: Request<'_>,
        url: Url,
        session: &Session,
        until: Instant,
    ) -> (Result<Vec<u8>, Error>, Outcome, Told) {
        let start = Instant::now();
        let mut told = Told::default();
        let result = match timeout_at(until, self.send(request, url, session, &mut told)).await {
            Ok(result) => result,
            Err(_) => Err(Error::Timeout {
                endpoint: request.asked.endpoint,
                deadline: start.elapsed(),
            }),
        };
        let outcome = match &result {
            Err(Error::Timeout { .. }) if start.elapsed() < SILENCE_MIN => Outcome::Abandoned,
            result => answer::outcome(result),
        };
        (result, outcome, told)
    }

    async fn send(
        &self,
        Request { verb, asked, .. }: Request<'_>,
        url: Url,
        session: &Session,
        told: &mut Told,
    ) -> Result<Vec<u8>, Error> {
        let (name, value) = session.header.clone();
        let request = match verb {
            Verb::Read => self.outbound.request(Method::GET, url),
            Verb::Add(body) => self.outbound.request(Method::POST, url).json(body),
            Verb::Remove => self.outbound.request(Method::DELETE, url),
        };
        let request = request
            .header(header::ACCEPT, "application/json")
            .header(name, value);
        let failed = |source| Error::outbound(asked.endpoint, source);
        let head = self.outbound.begin(request).await.map_err(failed)?;
        *told = answer::told(&head.headers);
        match (answer::refusal(asked, head.status.as_u16(), &head.headers), verb) {
            (Some(Error::Refused { endpoint, status }), Verb::Add(_)) => {
                let said = head.body().await.map(answer::said).unwrap_or_default();
                Err(Error::Rejected {
                    endpoint,
                    status,
                    said,
                })
            }
            (Some(error), _) => Err(error),
            (None, _) => head.body().await.map(Vec::from).map_err(failed),
        }
    }
}

fn pause_before_repeat(verb: Verb<'_>, error: &Error) -> Option<Duration> {
    let is_unclear = matches!(error, Error::Unavailable { .. } | Error::Unreachable { .. });
    if is_unclear && matches!(verb, Verb::Add(_)) {
        return None;
    }
    match error {
        Error::Unavailable { retry_after, .. } => Some(retry_after.unwrap_or(REPEAT_PAUSE)),
        Error::Unreachable { .. } => Some(REPEAT_PAUSE),
        Error::RateLimited {
            limit: Limit::Burst,
            retry_after,
        } => Some(*retry_after),
        _ => None,
    }
}
