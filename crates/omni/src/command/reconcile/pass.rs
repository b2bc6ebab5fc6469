//! One pass: list by list, page by page, each row held against what the warehouse was told; what was not told is sent.

use std::collections::HashSet;
use std::time::Duration;

use event::reconcile::{self, Finding, Row, Window};
use event::{EntityId, Object};
use kafka::Producer;
use ledger::Ledger;
use pipedrive::{Page, Since, State};
use stage::Shutdown;

use super::found::{Found, Place};
use super::gone::Belief;
use super::known::{Entities, Told};
use super::report::Report;
use super::why::{Archives, Silences};
use crate::command::account::pages::{Came, Pages};
use crate::command::account::progress::Kept;
use crate::command::account::steps::Step;
use crate::command::account::{self, steps};

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Done,
    /// The share of today is spent; it begins anew in so long.
    Spent(Duration),
    Stopped,
}

/// What a pass needs.
pub(super) struct Pass<'a> {
    pub(super) name: &'a str,
    pub(super) company_id: u64,
    pub(super) pages: &'a mut Pages,
    pub(super) kept: &'a mut Kept,
    pub(super) told: &'a Told,
    pub(super) ledger: &'a Ledger,
    /// `None`: nothing is sent.
    pub(super) producer: Option<&'a Producer>,
    pub(super) since_micro: Option<i64>,
    /// What was changed after then may still come.
    pub(super) until_micro: i64,
    pub(super) now_micro: i64,
    /// What is believed of what the account lists no more; it is not looked for without.
    pub(super) gone: Option<Belief>,
    pub(super) wants: &'a (dyn Fn(&Object) -> bool + Sync),
    pub(super) shutdown: &'a Shutdown,
    pub(super) silences: Silences,
    pub(super) report: Report,
    /// Whether lists have no line of their own.
    pub(super) is_quiet: bool,
}

/// Objects whose rows this pass has read.
#[derive(Default)]
struct Read {
    known: Entities,
    /// What the account lists, as living or as gone.
    listed: HashSet<String>,
    /// Whether that is all of it.
    is_whole: bool,
}

impl Pass<'_> {
    /// Goes through all lists.
    pub(super) async fn run(&mut self) -> anyhow::Result<End> {
        for (object, steps) in steps::compared().filter(|(object, _)| (self.wants)(object)) {
            match self.object(&object, &steps).await? {
                End::Done => {}
                end => return Ok(end),
            }
        }
        Ok(End::Done)
    }

    /// All lists of one object, and then what is in none of them.
    async fn object(&mut self, object: &Object, steps: &[&'static Step]) -> anyhow::Result<End> {
        if steps.iter().all(|step| self.kept.list(step.word).done) {
            return Ok(End::Done);
        }
        let begun_here = steps.iter().all(|step| {
            let list = self.kept.list(step.word);
            !list.done && list.rows == 0
        });
        let mut read = Read {
            known: self.told.all(object).await?,
            is_whole: begun_here && self.since_micro.is_none(),
            ..Read::default()
        };
        for step in steps {
            match self.list(step, object, &mut read).await? {
                End::Done => {}
                end => return Ok(end),
            }
        }
        match self.gone {
            Some(belief) if read.is_whole => self.look_for_gone(object, &read, belief).await?,
            _ => {}
        }
        Ok(End::Done)
    }

    async fn list(&mut self, step: &Step, object: &Object, read: &mut Read) -> anyhow::Result<End> {
        let list = match self.since_micro {
            Some(since) => step.list.clone().changed_since(Since::from_micro(since)?),
            None => step.list.clone(),
        };
        let (rows_before, found_before) = (self.report.rows, self.report.found());
        while !self.kept.list(step.word).done {
            let place = self.kept.list(step.word).next.clone();
            if self.shutdown.is_requested() {
                return Ok(End::Stopped);
            }
            match self.pages.page(&list, &place).await? {
                Came::Page(page) => self.page(step, object, page, read).await?,
                Came::NotShown(error) => {
                    read.is_whole = false;
                    self.report
                        .remarks
                        .push(format!("{} is not compared: {error}", step.word));
                    return Ok(End::Done);
                }
                Came::Spent(again) => {
                    self.keep()?;
                    return Ok(End::Spent(again));
                }
                Came::Stopped => return Ok(End::Stopped),
            }
        }
        if !self.is_quiet {
            println!(
                "  {:<16} {:>8} rows, {} found",
                step.word,
                self.report.rows - rows_before,
                self.report.found() - found_before
            );
        }
        Ok(End::Done)
    }

    async fn page(
        &mut self,
        step: &Step,
        object: &Object,
        page: Page,
        read: &mut Read,
    ) -> anyhow::Result<()> {
        let tells_of_gone = step.list.tells_of_gone();
        let mut found = Vec::new();
        for row in &page.items {
            let Some(id) = row.get("id").and_then(EntityId::from_value) else {
                continue;
            };
            let text = id.to_string();
            let known = read.known.get(&text).copied();
            read.listed.insert(text);
            found.extend(self.compared(object, row, known, tells_of_gone)?);
        }
        let rows = page.items.len() as u64;
        self.settle(object, found).await?;
        self.report.rows += rows;
        let list = self.kept.list(step.word);
        list.rows += rows;
        match page.next {
            Some(next) => list.next = next,
            None => list.done = true,
        }
        self.keep()
    }

    /// What a row tells that the warehouse was not told.
    fn compared(
        &self,
        object: &Object,
        row: &State,
        known: Option<reconcile::Known>,
        tells_of_gone: bool,
    ) -> anyhow::Result<Option<Found>> {
        let row = Row {
            company_id: self.company_id,
            object,
            state: row,
            is_gone: tells_of_gone,
        };
        let window = Window {
            since_micro: self.since_micro,
            until_micro: self.until_micro,
        };
        let difference = row.against(known, window)?;
        Ok(difference.map(|difference| Found::new(self.place(), object, difference)))
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place {
            company_id: self.company_id,
            source: self.name,
            now_micro: self.now_micro,
        }
    }

    /// Looks at findings once more, says why, and sends what sending helps.
    pub(super) async fn settle(&mut self, object: &Object, found: Vec<Found>) -> anyhow::Result<()> {
        let found = self.still(object, found).await?;
        if found.is_empty() {
            return Ok(());
        }
        let archives = Archives {
            warehouse: &self.told.warehouse,
            ledger: self.ledger,
            company_id: self.company_id,
            now_micro: self.now_micro,
        };
        let reasons = archives.why(&found, &self.silences).await?;
        let mut records = Vec::new();
        for (found, why) in found.into_iter().zip(reasons) {
            self.report.add(&found, why.clone());
            if why.is_repaired() {
                records.push(found.record);
            }
        }
        if let Some(producer) = self.producer {
            let sent = records.len() as u64;
            account::send(producer, records).await?;
            self.report.repaired += sent;
        }
        Ok(())
    }

    /// What is still so: a webhook may have come while the account was read.
    async fn still(&self, object: &Object, found: Vec<Found>) -> anyhow::Result<Vec<Found>> {
        let ids: Vec<String> = found.iter().map(|found| found.id.to_string()).collect();
        let known = self.told.some(object, &ids).await?;
        let is_still = |found: &Found| {
            let known = known.get(&found.id.to_string()).copied();
            match found.what {
                Finding::Gone => reconcile::gone(known).is_some(),
                Finding::Missing | Finding::Older => reconcile::listed(found.at_micro, known).is_some(),
            }
        };
        Ok(found.into_iter().filter(is_still).collect())
    }

    async fn look_for_gone(&mut self, object: &Object, read: &Read, belief: Belief) -> anyhow::Result<()> {
        let candidates: Vec<(String, reconcile::Known)> = read
            .known
            .iter()
            .filter(|(id, known)| {
                !known.is_gone && known.time_micro < self.until_micro && !read.listed.contains(*id)
            })
            .map(|(id, known)| (id.clone(), *known))
            .collect();
        super::gone::look(self, object, belief, candidates, read.known.len()).await
    }

    /// Writes down how far it is, and what it cost.
    pub(super) fn keep(&mut self) -> anyhow::Result<()> {
        self.kept.progress.tokens += std::mem::take(&mut self.pages.tokens);
        self.kept.progress.budget = self.pages.client().snapshot();
        self.kept.save()
    }
}
