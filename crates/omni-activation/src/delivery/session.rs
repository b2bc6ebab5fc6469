//! Comes to a destination's credential by the steps its login names, and keeps it until it is old or refused.

use std::sync::Arc;
use std::time::Duration;

use stage::outbound::{Outbound, OutboundError, StatusCode};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::destination::{Brought, Credential, Login, Request, Step, Verdict, Whose};

/// Most steps to one credential.
const STEPS_MAX: usize = 8;
/// The greatest file that holds one.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// A credential is renewed so long before its end.
const RENEWED_BEFORE_SECONDS: i64 = 60;
/// One that is refused so soon after it was given is not the reason.
const FRESH: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Session {
    outbound: Outbound,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    credential: Arc<Credential>,
    until_seconds: Option<i64>,
    since: Instant,
}

impl Held {
    fn lasts(&self, seconds: i64) -> bool {
        self.until_seconds.is_none_or(|until| seconds < until)
    }
}

impl Session {
    pub(super) fn new(outbound: Outbound) -> Self {
        Self {
            outbound,
            held: Mutex::new(None),
        }
    }

    /// The credential, asked for anew when it is old: once, whoever asks.
    ///
    /// # Errors
    /// What it means that there is none.
    pub(super) async fn credential(
        &self,
        login: &dyn Login,
        now_seconds: i64,
    ) -> Result<Arc<Credential>, Verdict> {
        let mut held = self.held.lock().await;
        if let Some(held) = held
            .as_ref()
            .filter(|held| held.lasts(now_seconds + RENEWED_BEFORE_SECONDS))
        {
            return Ok(Arc::clone(&held.credential));
        }
        match self.come_to(login, now_seconds).await {
            Ok(new) => {
                let credential = Arc::clone(&new.credential);
                *held = Some(new);
                Ok(credential)
            }
            // What there is may be used to its end.
            Err(verdict) => match held.as_ref().filter(|held| held.lasts(now_seconds)) {
                Some(held) => Ok(Arc::clone(&held.credential)),
                None => Err(verdict),
            },
        }
    }

    /// Forgets a credential that was refused; `false`: it was given just now, so asking again changes nothing.
    pub(super) async fn forget(&self, refused: &Arc<Credential>) -> bool {
        let mut held = self.held.lock().await;
        let is_it = |held: &&Held| Arc::ptr_eq(&held.credential, refused);
        match held.as_ref().filter(is_it) {
            Some(fresh) if fresh.since.elapsed() < FRESH => false,
            Some(_) => {
                *held = None;
                true
            }
            // Another was faster.
            None => true,
        }
    }

    async fn come_to(&self, login: &dyn Login, now_seconds: i64) -> Result<Held, Verdict> {
        let mut brought = Vec::new();
        for _ in 0..STEPS_MAX {
            match login.step(&brought, now_seconds) {
                Step::Have {
                    credential,
                    until_seconds,
                } => {
                    return Ok(Held {
                        credential: Arc::new(credential),
                        until_seconds,
                        since: Instant::now(),
                    });
                }
                Step::Later(reason) => return Err(later(reason)),
                Step::Refused(reason) => return Err(Verdict::Misconfigured { reason }),
                Step::Ask(request) => brought.push(self.asked(*request).await?),
                Step::Read(path) => brought.push(read(path).await),
            }
        }
        Err(Verdict::Misconfigured { reason: "credential" })
    }

    async fn asked(&self, request: Request) -> Result<Brought, Verdict> {
        let request = self
            .outbound
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body);
        match self.outbound.call(request).await {
            Ok(answer) => Ok(Brought {
                status: answer.status,
                body: answer.body.to_vec(),
            }),
            Err(OutboundError::Guarded { .. }) => Err(Verdict::Misconfigured {
                reason: "private_address",
            }),
            Err(_) => Err(later("credential_away")),
        }
    }
}

fn later(reason: &'static str) -> Verdict {
    Verdict::Retry {
        reason,
        after: None,
        whose: Whose::Destination,
    }
}

async fn read(path: std::path::PathBuf) -> Brought {
    let is_small = tokio::fs::metadata(&path)
        .await
        .is_ok_and(|file| file.len() <= FILE_BYTES_MAX);
    let content = if is_small {
        tokio::fs::read(path).await.ok()
    } else {
        None
    };
    Brought {
        status: if content.is_some() {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        },
        body: content.unwrap_or_default(),
    }
}
