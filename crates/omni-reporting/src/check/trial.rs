//! A template on a real database: types, tables, answers in three states of loading, sums.
use std::sync::Arc;

use futures::{StreamExt, stream};
use template::Finding;
use template::places::Places;

use super::answers::{AskError, Asked, Asker, Reader};
use super::described::{self, Views};
use super::drills::{self, Row};
use super::expected::{self, Ready};
use super::lists;
use super::reconcile::{self, Choices};
use super::{MANIFEST, Whole};
use crate::board::{Board, Panel};
use crate::scratch::{Order, Scratch, ScratchError};

/// Questions with the database at once.
const AT_ONCE: usize = 3;
/// Of each panel so many cases, and of each so many numbers, are held against the lists behind them.
const CASES_MAX: usize = 2;
const NUMBERS_MAX: usize = 12;
/// Different choices under which sums are compared.
const CHOICES_MAX: usize = 8;

/// Where a trial takes place.
#[derive(Debug, Clone)]
pub struct Trial {
    /// A server on which databases may be made; the name of its database is not used.
    pub server: warehouse::Config,
    pub reader: Option<Reader>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tried {
    pub findings: Vec<Finding>,
    /// Questions that were answered as expected, over all ways of loading.
    pub cases: usize,
    /// Sums that were held against each other.
    pub sums: usize,
    /// Numbers that were held against the lists behind them.
    pub numbers: usize,
}

/// Why a trial could not take place at all.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    #[error("the scratch database")]
    Scratch(#[source] ScratchError),
    #[error("the scratch database could not be asked")]
    Warehouse(#[from] warehouse::Error),
}

impl From<ScratchError> for TrialError {
    fn from(error: ScratchError) -> Self {
        Self::Scratch(error)
    }
}

/// Tries a template; `say` is told what is being done, a line each.
pub async fn trial(whole: &Whole, place: &Trial, say: &mut impl FnMut(&str)) -> Result<Tried, TrialError> {
    let mut tried = Tried::default();
    match attempt(whole, place, &mut tried, say).await {
        Ok(()) => Ok(tried),
        // A statement or a fixture that the database does not take is the template's.
        Err(TrialError::Scratch(ScratchError::Template(findings))) => {
            tried.findings.extend(findings);
            Ok(tried)
        }
        Err(error) => Err(error),
    }
}

async fn attempt(
    whole: &Whole,
    place: &Trial,
    tried: &mut Tried,
    say: &mut impl FnMut(&str),
) -> Result<(), TrialError> {
    say("migrations in a scratch database");
    let written = Stage::new(whole, place).await?;
    let done = as_written(whole, &written, tried, say).await;
    written.scratch.remove().await;
    done?;
    if whole.board.is_none() || !tried.findings.is_empty() {
        return Ok(());
    }
    let mixed = Stage::new(whole, place).await?;
    let done = doubled(whole, &mixed, tried, say).await;
    mixed.scratch.remove().await;
    done
}

/// A scratch database, and who asks it.
struct Stage {
    scratch: Scratch,
    asker: Option<Asker>,
}

impl Stage {
    async fn new(whole: &Whole, place: &Trial) -> Result<Self, TrialError> {
        let scratch = Scratch::new(&place.server, whole.family.clone()).await?;
        let board = whole.board.clone();
        let asker = board.map(|board| Asker::new(&scratch, board, place.reader.as_ref()));
        Ok(Self {
            asker: asker.transpose()?,
            scratch,
        })
    }
}

async fn as_written(
    whole: &Whole,
    stage: &Stage,
    tried: &mut Tried,
    say: &mut impl FnMut(&str),
) -> Result<(), TrialError> {
    let Stage { scratch, asker } = stage;
    if let Some(asker) = asker {
        say("types of each result, tables really read");
        tried.findings.extend(described(whole, stage, asker).await?);
        if !tried.findings.is_empty() {
            return Ok(());
        }
    }
    say("fixtures loaded as written");
    scratch.load(Order::AsWritten).await?;
    let (Some(asker), Some(board)) = (asker, &whole.board) else {
        return Ok(());
    };
    let (native, converted) = cases(whole, board);
    answer(asker, &native, "", tried).await;
    scratch.load_rates().await?;
    answer(asker, &converted, "", tried).await;
    if !tried.findings.is_empty() {
        return Ok(());
    }
    say("lists behind numbers");
    add_up(whole, asker, &converted, tried).await;
    say("sums that must agree");
    sums(whole, asker, &converted, tried).await;
    scratch.forget_rates().await?;
    add_up(whole, asker, &native, tried).await;
    sums(whole, asker, &native, tried).await;
    Ok(())
}

async fn doubled(
    whole: &Whole,
    stage: &Stage,
    tried: &mut Tried,
    say: &mut impl FnMut(&str),
) -> Result<(), TrialError> {
    let (Some(asker), Some(board)) = (&stage.asker, &whole.board) else {
        return Ok(());
    };
    let scratch = &stage.scratch;
    let (native, converted) = cases(whole, board);
    say("fixtures loaded twice and shuffled, with merges stopped");
    scratch.stop_merges().await?;
    scratch.load(Order::DoubledAndShuffled).await?;
    let how = ", loaded twice and shuffled with merges stopped";
    answer(asker, &native, how, tried).await;
    scratch.load_rates().await?;
    answer(asker, &converted, how, tried).await;
    say("the same after all was merged");
    scratch.merge_all().await?;
    let how = ", loaded twice and shuffled and merged";
    answer(asker, &converted, how, tried).await;
    scratch.forget_rates().await?;
    answer(asker, &native, how, tried).await;
    Ok(())
}

async fn described(whole: &Whole, stage: &Stage, asker: &Asker) -> Result<Vec<Finding>, TrialError> {
    let template = whole.family.head();
    let (places, _) = Places::read(MANIFEST, template.file(MANIFEST).unwrap_or_default());
    let views = Views::read(&stage.scratch).await?;
    let mut findings = Vec::new();
    for (at, panel) in template.manifest().panels.iter().enumerate() {
        let Some(statement) = asker.board.panel(&panel.id).map(|panel| &panel.statement) else {
            continue;
        };
        match described::describe(asker, statement).await {
            Ok(types) => {
                findings.extend(described::fit(at, panel, &types, &places));
                findings.extend(lists::given(at, template.manifest(), &types, &places));
                findings.extend(described::tables(asker, &stage.scratch, &views, statement).await);
            }
            Err(finding) => findings.push(finding),
        }
    }
    for options in asker.board.options.values() {
        match described::describe(asker, &options.statement).await {
            Ok(types) if types.len() != 3 => {
                let message = "options are three columns: value, label, count";
                findings.push(Finding::new(&options.statement.name, 1, message));
            }
            Ok(_) => {
                findings.extend(described::tables(asker, &stage.scratch, &views, &options.statement).await);
            }
            Err(finding) => findings.push(finding),
        }
    }
    for (at, told) in template.manifest().lists.iter().enumerate() {
        let Some(list) = asker.board.list(&told.id) else {
            continue;
        };
        let rows = described::describe(asker, &list.whole).await;
        let totals = described::describe(asker, &list.totals).await;
        match (rows, totals) {
            (Ok(rows), Ok(totals)) => {
                findings.extend(lists::fit(at, told, &rows, &totals, &places));
                findings.extend(described::tables(asker, &stage.scratch, &views, &list.whole).await);
            }
            (rows, totals) => findings.extend(rows.err().or(totals.err())),
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// A case of a panel.
struct Question {
    panel: Arc<Panel>,
    columns: Arc<Vec<String>>,
    ready: Ready,
}

/// The cases without rates, and those with them.
fn cases(whole: &Whole, board: &Board) -> (Vec<Question>, Vec<Question>) {
    let template = whole.family.head();
    let mut all = Vec::new();
    for panel in &board.panels {
        let text = template.file(&expected::file_of(&panel.id));
        let read = text.and_then(|text| expected::read(&panel.id, text, board).ok());
        let Some((columns, cases)) = read else {
            continue;
        };
        let columns = Arc::new(columns);
        all.extend(cases.into_iter().map(|ready| Question {
            panel: Arc::clone(panel),
            columns: Arc::clone(&columns),
            ready,
        }));
    }
    all.into_iter().partition(|question| !question.ready.case.rates)
}

/// Asks all of them and writes down which answers are others.
async fn answer(asker: &Asker, questions: &[Question], how: &str, tried: &mut Tried) {
    let answers = stream::iter(questions).map(|question| async move {
        let case = &question.ready.case;
        let choice = Asked {
            state: &question.ready.state,
            now: question.ready.now,
            top: case.top,
        };
        match asker.ask(&question.panel.statement, &choice).await {
            Ok(rows) => {
                let differs = expected::difference(&question.columns, &case.rows, &rows.names(), &rows.rows);
                let file = expected::file_of(&question.panel.id);
                let message = differs.map(|differs| format!("case {}{how}: {differs}", case.name));
                message.map(|message| Finding::new(file, question.ready.line, message))
            }
            Err(error) => Some(described::located(&question.panel.statement, &error, 0)),
        }
    });
    let answers: Vec<Option<Finding>> = answers.buffered(AT_ONCE).collect().await;
    tried.cases += answers.iter().filter(|finding| finding.is_none()).count();
    tried.findings.extend(answers.into_iter().flatten());
}

/// Holds numbers of the cases, whose answers are as expected, against the lists behind them.
async fn add_up(whole: &Whole, asker: &Asker, questions: &[Question], tried: &mut Tried) {
    let template = whole.family.head();
    let (places, _) = Places::read(MANIFEST, template.file(MANIFEST).unwrap_or_default());
    for (at, panel) in asker.board.manifest.panels.iter().enumerate() {
        let own = questions.iter().filter(|question| question.panel.id == panel.id);
        for question in own.take(CASES_MAX) {
            let Ready { case, now, .. } = &question.ready;
            let named = |row: &Vec<serde_json::Value>| -> Row {
                let names = question.columns.iter().cloned();
                names.zip(row.iter().cloned()).collect()
            };
            let rows: Vec<Row> = case.rows.iter().map(named).collect();
            let mut claims = drills::claims(asker, panel, case, &rows);
            claims.truncate(NUMBERS_MAX);
            let held = stream::iter(&claims).map(|claim| drills::unequal(asker, claim, *now));
            let held: Vec<Result<Vec<String>, AskError>> = held.buffered(AT_ONCE).collect().await;
            tried.numbers += claims.len();
            for (claim, held) in claims.iter().zip(held) {
                let wrong = held.unwrap_or_else(|error| vec![error.to_string()]);
                let wrong = wrong.into_iter().map(|message| {
                    let message = format!("panel {}, case {}: {message}", panel.id, case.name);
                    drills::finding(&places, at, claim, message)
                });
                tried.findings.extend(wrong);
            }
        }
    }
}

/// Holds all sums against each other under choices of the cases.
async fn sums(whole: &Whole, asker: &Asker, questions: &[Question], tried: &mut Tried) {
    let template = whole.family.head();
    let (places, _) = Places::read(MANIFEST, template.file(MANIFEST).unwrap_or_default());
    let told = template.manifest().reconciles.iter().enumerate();
    let reconciles: Vec<_> = told
        .map(|(at, reconcile)| (reconcile, places.line(&format!("/reconcile/{at}"))))
        .collect();
    if reconciles.is_empty() {
        return;
    }
    let mut choices: Vec<Choices> = Vec::new();
    for question in questions {
        let (query, now) = (&question.ready.case.query, question.ready.now);
        if !choices
            .iter()
            .any(|known| known.query == *query && known.now == now)
        {
            choices.push(Choices {
                query: query.clone(),
                now,
            });
        }
    }
    let spread = choices.len().div_ceil(CHOICES_MAX).max(1);
    let few: Vec<Choices> = choices.into_iter().step_by(spread).collect();
    let held = stream::iter(&few).map(|choices| reconcile::hold(asker, &reconciles, choices));
    let held: Vec<Result<Vec<Finding>, AskError>> = held.buffered(AT_ONCE).collect().await;
    for held in held {
        match held {
            Ok(findings) => {
                tried.sums += reconciles.len() - findings.len();
                tried.findings.extend(findings);
            }
            Err(error) => tried.findings.push(Finding::new(MANIFEST, 1, error.to_string())),
        }
    }
}
