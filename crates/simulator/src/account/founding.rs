//! What is there before the first webhook: the API alone can tell of it.

use std::time::Duration;

use rand::RngExt;

use super::Account;
use crate::catalogue::{PIPELINES, SELLERS};
use crate::entity::pipeline::Pipeline;
use crate::entity::stage::Stage;
use crate::entity::user::User;
use crate::names;

const BEFORE: Duration = Duration::from_hours(90 * 24);
/// User ids have eight digits, in Pipedrive as here.
const FIRST_USER: u64 = 12_000_000;

impl Account {
    pub(super) fn found(&mut self) {
        let founded = self.founding.at.minus(BEFORE);
        self.clock = founded;
        self.found_users();
        self.found_pipelines();
        if self.founding.everything {
            self.found_fields();
        }
        for _ in 0..self.founding.contacts {
            self.new_customer();
        }
        let deals = self.deals_at_first();
        for number in 0..deals {
            self.clock = self.clock.max(founded.plus(BEFORE / deals * number));
            self.new_deal();
        }
        self.agenda.clear();
        self.clock = self.clock.max(self.founding.at);
    }

    fn found_users(&mut self) {
        let mut id = FIRST_USER + self.rng.random_range(0..900_000_u64);
        for number in 0..SELLERS {
            let (first, last) = names::person(&mut self.rng);
            let user = User {
                id,
                name: format!("{first} {last}"),
                email: names::mailbox(
                    &first,
                    &last,
                    &format!("company{}.example", self.founding.company),
                ),
                currency: "EUR",
                admin: number == 0,
                created: self.clock,
                modified: self.clock,
                last_login: self.founding.at,
            };
            self.book.users.insert(id, user);
            id += self.rng.random_range(1..900_u64);
        }
        self.permitted = self.book.users.keys().copied().collect();
        self.actor = self.book.admin();
    }

    fn found_pipelines(&mut self) {
        let (mut pipeline_id, mut stage_id) = (0, 0);
        for (name, stages) in PIPELINES {
            pipeline_id += 1;
            let (added, updated) = (self.clock, self.clock);
            let pipeline = Pipeline {
                id: pipeline_id,
                name: (*name).to_owned(),
                order: pipeline_id,
                added,
                updated,
            };
            self.book.pipelines.insert(pipeline_id, pipeline);
            for (order, (name, probability)) in (1..).zip(*stages) {
                stage_id += 1;
                let stage = Stage {
                    id: stage_id,
                    name: (*name).to_owned(),
                    pipeline: pipeline_id,
                    order,
                    probability: *probability,
                    added,
                    updated,
                };
                self.book.stages.insert(stage_id, stage);
            }
        }
    }
}
