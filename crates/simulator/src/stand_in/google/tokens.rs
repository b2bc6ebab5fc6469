//! Access tokens that were given, and what each allows.

use std::collections::VecDeque;
use std::time::Duration;

use uuid::Uuid;

use crate::moment::Moment;

/// Access tokens that are remembered; the oldest go first.
const TOKENS_MAX: usize = 1_000;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::stand_in) enum Scope {
    /// The Google Ads API.
    Ads,
    /// The Data Manager API.
    DataManager,
}

impl Scope {
    pub(super) const ALL: [Self; 2] = [Self::Ads, Self::DataManager];

    pub(super) fn url(self) -> &'static str {
        match self {
            Self::Ads => "https://www.googleapis.com/auth/adwords",
            Self::DataManager => "https://www.googleapis.com/auth/datamanager",
        }
    }
}

/// A token in somebody's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::stand_in) enum Held {
    /// It was never given.
    Unknown,
    /// Its time is over.
    Old,
    /// It allows something else.
    Elsewhere,
    Good,
}

#[derive(Debug)]
struct Token {
    text: String,
    end: Moment,
    scopes: Vec<Scope>,
}

#[derive(Debug, Default)]
pub(crate) struct Tokens(VecDeque<Token>);

impl Tokens {
    pub(super) fn give(&mut self, scopes: Vec<Scope>, now: Moment, life: Duration) -> String {
        let text = format!("ya29.{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.0.push_back(Token {
            text: text.clone(),
            end: now.plus(life),
            scopes,
        });
        if self.0.len() > TOKENS_MAX {
            self.0.pop_front();
        }
        text
    }

    /// What this text is worth to who asks for this.
    pub(in crate::stand_in) fn held(&self, text: &str, scope: Scope, now: Moment) -> Held {
        match self.0.iter().find(|token| token.text == text) {
            None => Held::Unknown,
            Some(token) if now >= token.end => Held::Old,
            Some(token) if !token.scopes.contains(&scope) => Held::Elsewhere,
            Some(_) => Held::Good,
        }
    }
}
