//! What a pass found: counts by object and by why, and the first of the findings themselves.

use std::collections::BTreeMap;
use std::fmt;

use event::moment;
use event::reconcile::Finding;
use serde_json::{Value, json};

use super::found::Found;
use super::why::Why;

/// Findings that are named; the rest is counted.
const NAMED_MAX: usize = 1_000;
/// Reasons that are printed; the rest is one line.
const REASONS_SHOWN: usize = 20;

/// A pass.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Rows of the account that were looked at.
    pub(super) rows: u64,
    /// By object: missing, older, gone.
    counts: BTreeMap<String, [u64; 3]>,
    reasons: BTreeMap<Why, u64>,
    pub(super) repaired: u64,
    named: Vec<Value>,
    /// What could not be looked at, or was left alone, in words.
    pub(super) remarks: Vec<String>,
}

impl Report {
    /// Notes a finding.
    pub(super) fn add(&mut self, found: &Found, why: Why) {
        let count = self.counts.entry(found.object.to_string()).or_default();
        let place = match found.what {
            Finding::Missing => 0,
            Finding::Older => 1,
            Finding::Gone => 2,
        };
        if let Some(count) = count.get_mut(place) {
            *count += 1;
        }
        if self.named.len() < NAMED_MAX {
            self.named.push(json!({
                "object": found.object.as_str(),
                "id": found.id.to_string(),
                "what": found.what.as_str(),
                "changed_at": moment::to_rfc3339(found.at_micro),
                "event_uuid": found.uuid,
                "why": why.as_str(),
                "is_sent": why.is_repaired(),
            }));
        }
        *self.reasons.entry(why).or_default() += 1;
    }

    /// Findings of a list so far, for the line that tells of it.
    pub(super) fn found(&self) -> u64 {
        self.reasons.values().sum()
    }

    /// Findings that sending helps.
    pub(super) fn repairable(&self) -> u64 {
        let repaired = self.reasons.iter().filter(|(why, _)| why.is_repaired());
        repaired.map(|(_, count)| count).sum()
    }

    /// As JSON.
    pub(super) fn to_json(&self) -> Value {
        let counts: BTreeMap<_, _> = self
            .counts
            .iter()
            .map(|(object, [missing, older, gone])| {
                (object, json!({"missing": missing, "older": older, "gone": gone}))
            })
            .collect();
        let reasons: Vec<_> = self
            .reasons
            .iter()
            .map(|(why, count)| json!({"why": why.as_str(), "text": why.to_string(), "count": count}))
            .collect();
        json!({
            "rows": self.rows,
            "found": self.found(),
            "sent": self.repaired,
            "by_object": counts,
            "by_reason": reasons,
            "findings": self.named,
            "remarks": self.remarks,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for remark in &self.remarks {
            writeln!(f, "note: {remark}")?;
        }
        if self.counts.is_empty() {
            return write!(
                f,
                "{} rows compared: the warehouse has what the account has",
                self.rows
            );
        }
        writeln!(
            f,
            "{:<14} {:>8} {:>8} {:>8}",
            "OBJECT", "MISSING", "OLDER", "GONE"
        )?;
        for (object, [missing, older, gone]) in &self.counts {
            writeln!(f, "{object:<14} {missing:>8} {older:>8} {gone:>8}")?;
        }
        writeln!(f, "why, most likely:")?;
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (why, count) in reasons.iter().take(REASONS_SHOWN) {
            writeln!(f, "  {count:>6}  {why}")?;
        }
        if let Some(rest) = reasons.get(REASONS_SHOWN..).filter(|rest| !rest.is_empty()) {
            let count: u64 = rest.iter().map(|(_, count)| **count).sum();
            writeln!(
                f,
                "  {count:>6}  for {} other reasons; --json names them",
                rest.len()
            )?;
        }
        write!(
            f,
            "{} rows compared, {} found, {} sent as events of kind backfill, origin reconcile",
            self.rows,
            self.found(),
            self.repaired
        )
    }
}
