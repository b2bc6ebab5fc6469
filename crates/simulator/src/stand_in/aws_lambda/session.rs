//! Temporary credentials: handed out by the metadata endpoints, good for signing until they expire.

use std::collections::VecDeque;
use std::time::Duration;

use uuid::Uuid;

use super::refusal::{self, Refusal};
use super::signature::Key;
use crate::moment::Moment;

/// Credentials, and tokens of the metadata service, that are remembered; the oldest go first.
const REMEMBERED_MAX: usize = 1_000;

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub token: String,
    pub issued: Moment,
    pub expires: Moment,
}

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    issued: VecDeque<Session>,
    /// Of the metadata service, with their ends.
    tokens: VecDeque<(String, Moment)>,
}

impl Sessions {
    /// The credentials of now: the same ones until half of their life is over, then new ones.
    pub(super) fn current(&mut self, now: Moment, life: Duration) -> Session {
        let fresh = self
            .issued
            .back()
            .filter(|session| now.plus(life / 2) < session.expires);
        if let Some(session) = fresh {
            return session.clone();
        }
        let session = Session {
            access_key_id: format!("ASIA{}", secret().to_uppercase().get(..16).unwrap_or_default()),
            secret_access_key: secret(),
            token: secret(),
            issued: now,
            expires: now.plus(life),
        };
        self.issued.push_back(session.clone());
        if self.issued.len() > REMEMBERED_MAX {
            self.issued.pop_front();
        }
        session
    }

    /// # Errors
    /// Unknown, or no longer good.
    pub(super) fn key(&self, access_key_id: &str, now: Moment) -> Result<Key, Refusal> {
        let session = self
            .issued
            .iter()
            .find(|session| session.access_key_id == access_key_id)
            .ok_or_else(refusal::unrecognized)?;
        if now >= session.expires {
            return Err(refusal::expired());
        }
        Ok(Key {
            secret: session.secret_access_key.clone(),
            token: Some(session.token.clone()),
        })
    }

    /// A token of the metadata service.
    pub(super) fn metadata_token(&mut self, now: Moment, life: Duration) -> String {
        let token = secret();
        self.tokens.push_back((token.clone(), now.plus(life)));
        if self.tokens.len() > REMEMBERED_MAX {
            self.tokens.pop_front();
        }
        token
    }

    pub(super) fn is_metadata_token(&self, token: &str, now: Moment) -> bool {
        self.tokens
            .iter()
            .any(|(known, end)| known == token && now < *end)
    }
}

fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn credentials_change_before_they_expire_and_then_are_refused() {
        let mut sessions = Sessions::default();
        let (life, start) = (Duration::from_secs(100), Moment::from_micros(0));
        let at = |seconds: u64| start.plus(Duration::from_secs(seconds));
        let first = sessions.current(start, life);
        assert_eq!(sessions.current(at(49), life).access_key_id, first.access_key_id);
        assert_ne!(sessions.current(at(50), life).access_key_id, first.access_key_id);
        assert!(sessions.key(&first.access_key_id, at(99)).is_ok());
        let refused = sessions.key(&first.access_key_id, at(100)).unwrap_err();
        assert_eq!(refused.kind, "ExpiredTokenException");
        assert_eq!(
            sessions.key("ASIANOBODY", start).unwrap_err().kind,
            "UnrecognizedClientException"
        );
    }
}
