//! What stands beside an organization's state: words that only the account's definitions and the settings tell.

use event::Object;
use event::state::{LightRecord, OrganizationWords};

use super::{States, Touched};
use crate::facts;

impl States {
    /// Beside each organization that changed stands what its ids and numbers mean: the warehouse knows neither the account's
    /// names nor the settings.
    pub(super) fn put_words(&mut self) {
        let changed =
            |touched: &Touched| touched.cause.is_some() && touched.record.object == Object::Organization;
        let words: Vec<_> = self
            .overlay
            .records
            .iter()
            .filter(|(_, touched)| changed(touched))
            .map(|(key, touched)| (key.clone(), self.words_of(key.partition, &touched.record)))
            .collect();
        for (key, words) in words {
            if let Some(touched) = self.overlay.records.get_mut(&key) {
                touched.record.words = words;
            }
        }
    }

    fn words_of(&self, partition: i32, record: &LightRecord) -> Option<OrganizationWords> {
        let state = record.state.as_ref()?.to_document();
        let settings = self.settings_of(partition, record.company_id);
        let properties = facts::organization(&state, settings);
        let word = |key: &str| facts::text(&properties, key).unwrap_or_default();
        Some(OrganizationWords {
            industry: word("industry"),
            company_size: word("company_size"),
        })
    }
}
