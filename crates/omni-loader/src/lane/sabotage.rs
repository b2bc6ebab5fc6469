//! What a debug build does wrong when it is told to: `omni chaos` must find it out.
use super::Running;
use crate::config::Sabotage;
use crate::plan::Token;

impl Running {
    /// A token that the server has never seen.
    pub(super) fn spoiled(&self, token: Token) -> Token {
        if self.lane.sabotage == Some(Sabotage::Tokens) {
            return Token::unheard_of();
        }
        token
    }

    /// Moves the offsets before anything is inserted.
    pub(super) fn commit_first(&mut self) {
        if self.lane.sabotage != Some(Sabotage::Order) {
            return;
        }
        let parts = self.batch.iter().flat_map(|batch| batch.parts.values());
        let next: Vec<(i32, i64, String)> = parts
            .map(|part| (part.range.partition, part.range.last + 1, String::new()))
            .collect();
        // The plan was agreed, so this member may commit.
        let _ = self.intake.note(next);
    }
}
