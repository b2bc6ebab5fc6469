//! What an administrator does: rename a stage, edit a user.

use std::sync::Arc;

use super::Account;
use crate::catalogue::STAGE_NAMES;
use crate::change::Action;
use crate::entity::stage::Stage;
use crate::entity::user::User;

/// The stage that nobody can agree on a name for.
const RENAMED: u64 = 3;

impl Account {
    pub(super) fn rename_stage(&mut self) {
        let Some(before) = self.book.stages.get(&RENAMED).cloned() else {
            return;
        };
        let now = STAGE_NAMES
            .iter()
            .position(|name| *name == before.name)
            .unwrap_or(0);
        let Some(name) = STAGE_NAMES.get((now + 1) % STAGE_NAMES.len()) else {
            return;
        };
        let at = self.stamp(before.updated);
        let after = Stage {
            name: (*name).to_owned(),
            updated: at,
            ..before.clone()
        };
        self.book.stages.insert(RENAMED, after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }

    pub(super) fn edit_user(&mut self) {
        let id = self.book.a_user(&mut self.rng);
        let Some(before) = self.book.users.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.modified);
        let after = User {
            modified: at,
            last_login: at,
            ..before.clone()
        };
        self.book.users.insert(id, after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }
}
