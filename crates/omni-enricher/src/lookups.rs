//! Asks the APIs of the sources: each entity once however many events need it, a bounded number at a time, several of a
//! kind together.
//!
//! A question outlives the batch that asked it; its answer is handed out with the next ones. What the API does not have,
//! or does not show us, is not asked for again for a while.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use event::note::{EMAIL, PRIME};
use event::{EntityId, Headers, Map, Object};
use moka::sync::Cache;
use pipedrive::{Kind, Priority};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::api::{Answer, Api};
use crate::config::Settings;
use crate::key::Key;

/// From how many on entities of one kind are asked for together (10 tokens for up to 100).
const TOGETHER_FROM: usize = 4;
/// Pipedrive takes no more ids in one request.
const TOGETHER_MAX: usize = 100;
/// Remembered at most.
const ABSENT_MAX: u64 = 20_000;
/// Entities asked for and not answered yet, at most.
const UNDER_WAY_MAX: usize = 4_096;

/// One entity that is needed.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) key: Key,
    pub(crate) company_id: u64,
    pub(crate) object: Object,
    pub(crate) id: EntityId,
    /// Of the event that needs it.
    pub(crate) cause: Headers,
}

impl Need {
    /// What a note will tell: nobody asks for it here, it comes.
    pub(crate) fn note(note: Key, company_id: u64, cause: &Headers) -> Self {
        Self {
            key: note,
            company_id,
            object: Object::from("note"),
            id: EntityId::from(0),
            cause: cause.clone(),
        }
    }

    pub(crate) fn new(
        partition: i32,
        company_id: u64,
        object: Object,
        id: EntityId,
        cause: &Headers,
    ) -> Self {
        let key = Key::new(partition, company_id, &object, &id);
        Self::of(key, company_id, object, id, cause)
    }

    /// The same, its key at hand.
    pub(crate) fn of(key: Key, company_id: u64, object: Object, id: EntityId, cause: &Headers) -> Self {
        Self {
            key,
            company_id,
            object,
            id,
            cause: cause.clone(),
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Found(Map),
    /// It is not there, or not for us.
    Absent,
    /// Nothing can be said now.
    Unknown,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) need: Need,
    pub(crate) told: Told,
}

/// The APIs of all sources, what was asked of them, and what they do not have.
#[derive(Debug)]
pub(crate) struct Lookups {
    runtime: Handle,
    apis: BTreeMap<String, Arc<Api>>,
    absent: Cache<Key, ()>,
    answer_max: Duration,
    under_way: HashSet<Key>,
    /// The last wait for an answer was in vain: nobody waits until one has come.
    is_late: bool,
    slots: Arc<Semaphore>,
    told: mpsc::Sender<Vec<Answered>>,
    answers: mpsc::Receiver<Vec<Answered>>,
}

impl Lookups {
    pub(crate) fn new(runtime: Handle, apis: BTreeMap<String, Arc<Api>>, settings: &Settings) -> Self {
        let (told, answers) = mpsc::channel(UNDER_WAY_MAX);
        Self {
            runtime,
            apis,
            absent: Cache::builder()
                .max_capacity(ABSENT_MAX)
                .time_to_live(Duration::from_secs(settings.absent_seconds))
                .build(),
            answer_max: settings.answer_max(),
            under_way: HashSet::new(),
            is_late: false,
            slots: Arc::new(Semaphore::new(settings.lookups_in_flight_max)),
            told,
            answers,
        }
    }

    /// The API of a source.
    #[cfg(test)]
    pub(crate) fn api(&self, source: &str) -> Option<&Arc<Api>> {
        self.apis.get(source)
    }

    /// Whether the source has an API that is in use.
    pub(crate) fn answers(&self, source: &str) -> bool {
        self.apis.get(source).is_some_and(|api| !api.is_down())
    }

    /// Whether an answer may come some day: the source has an API, it has such entities, and has not just said no.
    pub(crate) fn may_come(&self, need: &Need) -> bool {
        if need.key.is_of(EMAIL) {
            return true;
        }
        let api = self.apis.get(&need.cause.source);
        api.is_some_and(|api| api.may_have(need.company_id))
            && (kind(&need.object).is_some() || need.key.is_of(PRIME))
            && !self.absent.contains_key(&need.key)
    }

    /// Whether to ask now: an answer may come and nobody has asked.
    pub(crate) fn may_ask(&self, need: &Need) -> bool {
        self.answers(&need.cause.source)
            && kind(&need.object).is_some()
            && self.may_come(need)
            && !self.under_way.contains(&need.key)
    }

    /// Asks; gives what was asked for. What is beyond the bound is left out.
    pub(crate) fn ask(&mut self, needs: Vec<Need>, priority: Priority) -> HashSet<Key> {
        let mut asked = HashSet::new();
        for (source, needs) in by_source(needs) {
            let Some(api) = self.apis.get(&source) else {
                continue;
            };
            for needs in requests(needs) {
                if self.under_way.len() + needs.len() > UNDER_WAY_MAX {
                    return asked;
                }
                let keys = needs.iter().map(|need| need.key.clone());
                asked.extend(keys.clone());
                self.under_way.extend(keys);
                let question = Question {
                    api: Arc::clone(api),
                    slots: Arc::clone(&self.slots),
                    needs,
                    priority,
                    until: Instant::now() + self.answer_max,
                };
                let told = self.told.clone();
                self.runtime.spawn(async move {
                    // Nobody listens any more when the stage ends.
                    let _ = told.send(question.put().await).await;
                });
            }
        }
        asked
    }

    /// All answers that come until these are answered, each within its own time. After a wait in vain nobody waits until
    /// an answer has come: an API that hangs holds up one batch, once.
    pub(crate) fn wait_for(&mut self, mut wanted: HashMap<Key, Instant>) -> Vec<Answered> {
        let mut all = self.come();
        for answered in &all {
            wanted.remove(&answered.need.key);
        }
        while !self.is_late
            && let Some(until) = wanted.values().max().copied()
        {
            let answers = &mut self.answers;
            // The timer needs the runtime around it when it is made.
            let next = async { timeout_at(until, answers.recv()).await };
            let Ok(Some(answers)) = self.runtime.block_on(next) else {
                self.is_late = true;
                break;
            };
            let now = Instant::now();
            wanted.retain(|_, until| *until > now);
            for answered in self.heard(answers) {
                wanted.remove(&answered.need.key);
                all.push(answered);
            }
        }
        all
    }

    /// The answers that have come.
    pub(crate) fn come(&mut self) -> Vec<Answered> {
        let mut all = Vec::new();
        while let Ok(answers) = self.answers.try_recv() {
            all.extend(self.heard(answers));
        }
        all
    }

    fn heard(&mut self, answers: Vec<Answered>) -> Vec<Answered> {
        for Answered { need, told } in &answers {
            self.under_way.remove(&need.key);
            self.is_late &= matches!(told, Told::Unknown);
            if matches!(told, Told::Absent) {
                self.absent.insert(need.key.clone(), ());
            }
        }
        answers
    }
}

/// One request, of one entity or of several of a kind.
struct Question {
    api: Arc<Api>,
    slots: Arc<Semaphore>,
    needs: Vec<Need>,
    priority: Priority,
    until: Instant,
}

impl Question {
    async fn put(self) -> Vec<Answered> {
        let told = match timeout_at(self.until, self.slots.acquire()).await {
            Ok(Ok(_slot)) => self.ask().await,
            _ => vec![Told::Unknown; self.needs.len()],
        };
        let answered = |(need, told)| Answered { need, told };
        self.needs.into_iter().zip(told).map(answered).collect()
    }

    /// In the order of the needs.
    async fn ask(&self) -> Vec<Told> {
        let all = |told: Told| vec![told; self.needs.len()];
        let Some(first) = self.needs.first() else {
            return Vec::new();
        };
        let (Some(company), Some(kind)) = (self.api.company(self.until).await, kind(&first.object)) else {
            return all(Told::Unknown);
        };
        if first.company_id != company {
            return all(Told::Absent);
        }
        let states = match self.needs.as_slice() {
            [need] => match self
                .api
                .get(kind, need.id.as_str(), self.priority, self.until)
                .await
            {
                Answer::Found(state) => vec![state],
                Answer::Absent => Vec::new(),
                Answer::Unknown => return all(Told::Unknown),
            },
            many => {
                let ids = many.iter().filter_map(|need| need.id.as_u64()).collect();
                match self.api.get_many(kind, ids, self.priority, self.until).await {
                    Ok(states) => states,
                    Err(Answer::Absent) => Vec::new(),
                    Err(Answer::Unknown | Answer::Found(_)) => return all(Told::Unknown),
                }
            }
        };
        let of = |need: &Need| {
            let own =
                |state: &&Map| state.get("id").and_then(EntityId::from_value).as_ref() == Some(&need.id);
            states
                .iter()
                .find(own)
                .map_or(Told::Absent, |state| Told::Found(state.clone()))
        };
        self.needs.iter().map(of).collect()
    }
}

fn kind(object: &Object) -> Option<Kind> {
    Some(match object {
        Object::Deal => Kind::Deal,
        Object::Person => Kind::Person,
        Object::Organization => Kind::Organization,
        Object::Stage => Kind::Stage,
        Object::Pipeline => Kind::Pipeline,
        Object::User => Kind::User,
        Object::Lead => Kind::Lead,
        _ => return None,
    })
}

fn by_source(needs: Vec<Need>) -> BTreeMap<String, Vec<Need>> {
    let mut grouped: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    for need in needs {
        grouped.entry(need.cause.source.clone()).or_default().push(need);
    }
    grouped
}

/// One request an entity, or one for many where the API has such a list and there are enough.
fn requests(needs: Vec<Need>) -> Vec<Vec<Need>> {
    let mut grouped: BTreeMap<(u64, Object), Vec<Need>> = BTreeMap::new();
    for need in needs {
        let group = (need.company_id, need.object.clone());
        grouped.entry(group).or_default().push(need);
    }
    let mut requests = Vec::new();
    for ((_, object), needs) in grouped {
        let listed = matches!(object, Object::Deal | Object::Person | Object::Organization);
        let together = listed && needs.len() >= TOGETHER_FROM;
        let size = if together { TOGETHER_MAX } else { 1 };
        requests.extend(needs.chunks(size).map(<[Need]>::to_vec));
    }
    requests
}
