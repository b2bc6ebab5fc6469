//! What no record asked for: answers that came, and the events they complete.

use std::collections::BTreeMap;

use event::note::{BUDGET, PENDING, PRIME, Pending, RHYTHM, SUPPRESSED};
use event::{Change, Document, EntityId, Headers, Kind, Map, Object, enriched, normalize};
use kafka::{Committed, Offsets, Outgoing, Record, Topic};
use stage::clock;
use tokio::time::Instant;
use uuid::Uuid;

use super::Enricher;
use crate::join::{self, Joined, Unknown};
use crate::key::Key;
use crate::lookups::Need;
use crate::prime::{Company, Turned};
use crate::store::StoreError;
use crate::validate::Answered;
use crate::{emit, fields, labels, prefetch};

/// Events looked at again in one transaction.
const AWOKEN_MAX: usize = 200;
/// Events given up in one transaction.
const GIVEN_UP_MAX: usize = 200;
const MICROS: i64 = 1_000_000;

impl Enricher {
    /// Ends the open transaction: answers are learned, the events they complete follow, and all that changed is written.
    /// Gives where the group stands in the partitions that were written to.
    pub(super) fn run_errands(&mut self, out: &mut Vec<Outgoing>) -> Result<Offsets, StoreError> {
        let now = Instant::now();
        self.learn_answers()?;
        self.keep_verdicts();
        self.complete(out)?;
        self.give_up()?;
        self.turn_a_page(now)?;
        self.completions.ask(&mut self.lookups, &self.validation, now);
        self.primer.ask(now, clock::now_micro());
        self.keep_budgets(now);
        self.keep_listening(now);
        let rewritten = self.states.finish()?;
        self.done.entities = rewritten.len() as u64;
        let mut stands = Offsets::new();
        for rewritten in rewritten {
            let partition = rewritten.partition;
            if let Some(offset) = self.raw.get(&partition).copied() {
                let metadata = None;
                stands.set(Topic::Raw, partition, Committed { offset, metadata });
            }
            out.push(emit::entity(rewritten));
        }
        Ok(stands)
    }

    fn learn_answers(&mut self) -> Result<(), StoreError> {
        let answers = self.lookups.come();
        let mut heard = Vec::new();
        prefetch::learn(answers, &mut self.states, &self.raw, &mut heard)?;
        for entity in heard {
            self.completions.hear(entity);
        }
        Ok(())
    }

    /// All that can be added to a change now.
    pub(super) fn join(&mut self, partition: i32, change: &Change) -> Result<Joined, StoreError> {
        join::additions(
            partition,
            change,
            &self.states,
            &self.primer,
            &mut self.validation,
        )
    }

    /// Keeps what the provider said of addresses.
    fn keep_verdicts(&mut self) {
        for Answered { note, value } in self.validation.answers() {
            if self.raw.contains_key(&note.partition) {
                self.states.keep_note(note.clone(), Some(value), &unprompted(""));
                self.completions.hear(note);
            }
        }
    }

    /// Keeps what was spent of the accounts' budgets.
    fn keep_budgets(&mut self, now: Instant) {
        for (note, value) in self.budgets.due(now) {
            if self.raw.contains_key(&note.partition) {
                self.states.keep_note(note, Some(value), &unprompted(""));
            }
        }
    }

    /// Keeps when events came, and tells those who watch.
    fn keep_listening(&mut self, now: Instant) {
        for (note, value) in self.listening.due(now) {
            if self.raw.contains_key(&note.partition) {
                self.states.keep_note(note, Some(value), &unprompted(""));
            }
        }
        self.listening.tell(now);
    }

    /// Learns a page of an account's list, and keeps how far it was read.
    fn turn_a_page(&mut self, now: Instant) -> Result<(), StoreError> {
        let now_micro = clock::now_micro();
        let Some(turned) = self.primer.turn(now, now_micro) else {
            return Ok(());
        };
        let Turned {
            company,
            source,
            walk,
            page,
            progress,
        } = turned;
        let cause = unprompted(&source);
        let object = walk.object();
        for row in page.items {
            let Some((key, id, state)) = self.row(company, &object, row, now_micro)? else {
                continue;
            };
            self.states
                .learn(company.partition, company.id, &object, &id, &state, &cause)?;
            self.completions.hear(key);
        }
        self.states
            .keep_note(company.note(walk), Some(progress.to_json()), &cause);
        Ok(())
    }

    /// A row of a list as the state of its entity; `None` for one that says nothing new, or not whose it is.
    fn row(
        &self,
        company: Company,
        object: &Object,
        row: Map,
        now_micro: i64,
    ) -> Result<Option<(Key, EntityId, Document)>, StoreError> {
        let key = |id: &EntityId| Key::new(company.partition, company.id, object, id);
        if !fields::is_field(object) {
            let id = row.get("id").and_then(EntityId::from_value);
            let state = |id| (key(&id), id, normalize::canonical(object, row));
            return Ok(id.map(state));
        }
        let code = row.get("field_code").and_then(EntityId::from_value);
        let Some(id) = code else { return Ok(None) };
        let known = self.states.state(&key(&id))?;
        let state = fields::state(&row, known.as_ref(), now_micro);
        Ok(state.map(|(_, state)| (key(&id), id, state)))
    }

    /// An event of a company: its names are got ready, its account is read if nobody has, and read again for names that
    /// are missing.
    pub(super) fn meet(
        &mut self,
        partition: i32,
        change: &Change,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        let id = change.company_id;
        self.states.name(partition, id)?;
        let company = Company { partition, id };
        self.budgets.see(company, &headers.source);
        if headers.kind == Kind::Webhook && headers.replay.is_none() {
            self.listening
                .hear(company, &headers.source, headers.received_at_micro);
        }
        if !self.settings.prime {
            return Ok(());
        }
        self.primer.see(company, &headers.source);
        let settings = self.states.settings_of(partition, id);
        let field = |state: &Document| join::unnamed_field(&change.object, state, settings);
        let field = change.current.as_ref().and_then(field);
        let label = labels::unnamed_now(change, settings);
        for walk in field.into_iter().chain(label) {
            self.primer.miss(company, walk, Instant::now());
        }
        Ok(())
    }

    /// Sends the events again that are more complete now than when they went on.
    fn complete(&mut self, out: &mut Vec<Outgoing>) -> Result<(), StoreError> {
        for note in self.completions.awoken(AWOKEN_MAX) {
            let Some((pending, change, headers)) = self.pending(&note)? else {
                self.completions.decide(note, Vec::new());
                continue;
            };
            let partition = note.partition;
            self.states.name(partition, change.company_id)?;
            let Joined { additions, unknown } = self.join(partition, &change)?;
            let needs = self.may_come(partition, change.company_id, &headers, unknown);
            if needs.is_empty() {
                if additions.missing != pending.missing {
                    let change = change.revised(pending.revision + 1);
                    let event = enriched::compose(&change, &headers, &additions, clock::now_micro());
                    let came = record(partition, &pending);
                    let span = self.spans.begin_again(&came, &change.revision.to_string());
                    self.done.count("enriched", "completed");
                    out.push(self.traced(span, emit::enriched(&came, event)));
                }
                self.states.keep_note(note.clone(), None, &headers);
            }
            self.completions.decide(note, needs);
        }
        Ok(())
    }

    /// Lets go of events that have waited for too long: they stay as they went on.
    fn give_up(&mut self) -> Result<(), StoreError> {
        let patience = i64::try_from(self.settings.pending_seconds_max).unwrap_or(i64::MAX / MICROS);
        let before = clock::now_micro().saturating_sub(patience.saturating_mul(MICROS));
        for note in self.completions.older_than(before, GIVEN_UP_MAX) {
            if let Some((_, _, headers)) = self.pending(&note)? {
                self.states.keep_note(note.clone(), None, &headers);
                self.done.given_up += 1;
            }
            self.completions.decide(note, Vec::new());
        }
        Ok(())
    }

    /// Notes that an event went on without these, if they may still come.
    pub(super) fn wait_for(
        &mut self,
        record: &Record,
        headers: &Headers,
        change: &Change,
        missing: &[String],
        unknown: Vec<Unknown>,
    ) {
        let needs = self.may_come(record.partition, change.company_id, headers, unknown);
        if needs.is_empty() {
            return;
        }
        if !self.completions.has_room() {
            self.done.not_noted += 1;
            return;
        }
        let since_micro = clock::now_micro();
        let note = Key {
            partition: record.partition,
            text: Pending::note_key(change.company_id, &change.uuid),
        };
        let pending = Pending {
            revision: change.revision,
            missing: missing.to_vec(),
            since_micro,
            key: record.key_text(),
            headers: headers
                .to_pairs()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: String::from_utf8_lossy(record.value()).into_owned(),
        };
        self.states
            .keep_note(note.clone(), Some(pending.to_json()), headers);
        self.completions.add(note, since_micro, needs);
    }

    /// After an assignment: reads from the store who waits for whom.
    pub(super) fn wait_again(&mut self, partitions: impl Iterator<Item = i32>) -> Result<(), StoreError> {
        for partition in partitions {
            let mut notes = Vec::new();
            let mut suppressed = Vec::new();
            let mut budgets: Vec<(u64, String, Vec<u8>)> = Vec::new();
            let mut rhythms: Vec<(u64, String, Vec<u8>)> = Vec::new();
            let mut lists: BTreeMap<u64, Vec<(String, Vec<u8>)>> = BTreeMap::new();
            self.states.store().each_note(partition, |key, value| {
                let mut parts = key.text.splitn(3, ':');
                match (parts.next(), parts.next(), parts.next()) {
                    (_, Some(PENDING), _) => {
                        notes.extend(Pending::read(value).map(|pending| (key, pending)));
                    }
                    (_, Some(SUPPRESSED), _) => suppressed.push(key),
                    (Some(company), Some(BUDGET), Some(source)) => {
                        budgets.extend(company.parse().map(|id| (id, source.to_owned(), value.to_vec())));
                    }
                    (Some(company), Some(RHYTHM), Some(source)) => {
                        rhythms.extend(company.parse().map(|id| (id, source.to_owned(), value.to_vec())));
                    }
                    (Some(company), Some(PRIME), Some(list)) => {
                        let company = company.parse().unwrap_or_default();
                        lists
                            .entry(company)
                            .or_default()
                            .push((list.to_owned(), value.to_vec()));
                    }
                    _ => {}
                }
                Ok(())
            })?;
            self.states.suppress_again(partition, suppressed);
            self.completions.forget(partition);
            self.primer.forget(partition);
            for (id, source, note) in budgets {
                self.budgets.resume(Company { partition, id }, &source, &note);
            }
            for (id, source, note) in rhythms {
                self.listening.resume(Company { partition, id }, &source, &note);
            }
            if self.settings.prime {
                for (id, lists) in lists {
                    self.primer.resume(Company { partition, id }, &lists);
                }
            }
            for (key, pending) in notes {
                let Some((change, headers)) = read(&pending) else {
                    continue;
                };
                self.states.name(partition, change.company_id)?;
                let Joined { unknown, .. } = self.join(partition, &change)?;
                let needs = needs(partition, change.company_id, &headers, unknown);
                self.completions.insert(key, pending.since_micro, needs);
            }
        }
        Ok(())
    }

    fn pending(&self, note: &Key) -> Result<Option<(Pending, Change, Headers)>, StoreError> {
        let kept = self.states.note_kept(note)?;
        Ok(kept.as_deref().and_then(Pending::read).and_then(|pending| {
            let (change, headers) = read(&pending)?;
            let change = self.states.without_erased(note.partition, change)?;
            Some((pending, change, headers))
        }))
    }

    fn may_come(
        &self,
        partition: i32,
        company_id: u64,
        headers: &Headers,
        unknown: Vec<Unknown>,
    ) -> Vec<Need> {
        let mut needs = needs(partition, company_id, headers, unknown);
        needs.retain(|need| self.lookups.may_come(need));
        needs
    }
}

fn needs(partition: i32, company_id: u64, headers: &Headers, unknown: Vec<Unknown>) -> Vec<Need> {
    let company = Company {
        partition,
        id: company_id,
    };
    let need = |unknown| match unknown {
        Unknown::Entity(object, id) => Need::new(partition, company_id, object, id, headers),
        Unknown::List(walk) => Need::note(company.note(walk), company_id, headers),
        Unknown::Address(note) => Need::note(note, company_id, headers),
    };
    unknown.into_iter().map(need).collect()
}

pub(super) fn read(pending: &Pending) -> Option<(Change, Headers)> {
    let pairs = pending.headers.iter();
    let headers = Headers::from_pairs(pairs.map(|(name, value)| (name.as_str(), value.as_bytes()))).ok()?;
    let change = Change::read(headers.kind, pending.body.as_bytes()).ok()?;
    Some((change, headers))
}

/// The record as it came.
fn record(partition: i32, pending: &Pending) -> Record {
    Record {
        topic: Topic::Raw,
        partition,
        offset: 0,
        timestamp_ms: 0,
        key: pending.key.clone().into_bytes(),
        payload: None,
        headers: pending.headers.iter().cloned().collect(),
    }
}

/// The cause of what no event made so.
fn unprompted(source: &str) -> Headers {
    Headers::new(Uuid::nil(), Kind::Backfill, source, clock::now_micro())
}
