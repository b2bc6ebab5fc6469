//! Persons who are kept out of the archives, as the orders in `erased_persons` say.
use std::collections::BTreeSet;

use crate::{Error, Limits, Warehouse};

/// Of the companies of one batch: a company that erased more is asked about in vain.
const PERSONS_MAX: u64 = 1_000_000;
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

const KEPT_OUT: &str = "SELECT event_company_id, person_id FROM erased_persons \
                        WHERE event_company_id IN {companies:Array(UInt64)} GROUP BY event_company_id, person_id \
                        HAVING argMax(is_lifted, (archived_at, kafka_offset)) = 0";

impl Warehouse {
    /// Company and person of all who are kept out, of these companies.
    pub async fn kept_out(&self, companies: Vec<u64>) -> Result<BTreeSet<(u64, u64)>, Error> {
        let limits = Limits {
            rows_max: PERSONS_MAX,
            bytes_max: ANSWER_BYTES_MAX,
            ..Limits::default()
        };
        let found: Vec<(u64, u64)> = self
            .select_within(KEPT_OUT, &[("companies", companies.into())], &limits)
            .await?;
        Ok(found.into_iter().collect())
    }
}
