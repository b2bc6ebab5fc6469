//! Events of an account that never was: many deals that move, close, reopen, change hands, currency, and words, are deleted,
//! merged, and brought back. The same seed tells the same story.
use event::identity::Ver;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Number, Value};
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// Whose deals are counted, and who has deals of the same ids beside it.
pub(super) const COMPANY: u64 = 7007;
const NEIGHBOUR: u64 = 8008;
/// Of so many events one is of the neighbour.
const NEIGHBOURS_IN: u32 = 12;
/// Of so many events one is sent again as it was.
const DOUBLES_IN: usize = 20;
const BEGIN: OffsetDateTime = datetime!(2025-11-20 00:00 UTC);
const DAYS: i64 = 136;

/// Instants at which a day, a month, or a zone's clock turns.
const EDGES: [OffsetDateTime; 6] = [
    datetime!(2026-02-28 23:00 UTC),
    datetime!(2026-03-01 05:00 UTC),
    datetime!(2026-03-08 07:00 UTC),
    datetime!(2026-03-29 01:00 UTC),
    datetime!(2026-03-31 22:00 UTC),
    datetime!(2026-04-01 04:00 UTC),
];
const CURRENCIES: [&str; 7] = ["EUR", "EUR", "USD", "GBP", "JPY", "XBT", ""];
const SOURCES: [&str; 6] = ["google", "facebook", "Übergabe", "google ads", "a,b", ""];
const CAMPAIGNS: [&str; 5] = ["spring", "brand", "(other)", "o'clock \\", ""];
const INDUSTRIES: [&str; 5] = ["health", "retail", "fishing", "law", ""];
/// The first four may stand in an event.
const SIZES: [&str; 5] = ["small", "medium", "large", "", "enterprise"];

/// What one event says of its deal, beside its own identity. Amounts in ten-thousandths, times in microseconds.
#[derive(Debug, Clone)]
pub(super) struct Deal {
    pub(super) status: &'static str,
    pub(super) is_archived: bool,
    pub(super) value: Option<i64>,
    pub(super) currency: &'static str,
    pub(super) source: &'static str,
    pub(super) campaign: &'static str,
    pub(super) owner: u64,
    pub(super) pipeline: u64,
    pub(super) organization: u64,
    pub(super) industry: &'static str,
    pub(super) size: &'static str,
    pub(super) added: Option<i64>,
    pub(super) won: Option<i64>,
    pub(super) lost: Option<i64>,
    pub(super) closed: Option<i64>,
}

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) company: u64,
    pub(super) id: u64,
    pub(super) ver: u64,
    pub(super) action: &'static str,
    pub(super) deal: Deal,
    uuid: Uuid,
    revision: u8,
    at: i64,
    merged_into: Option<u64>,
}

/// An organization as its newest state tells it; an empty word is one that nobody told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Organization {
    pub(super) id: u64,
    pub(super) industry: &'static str,
    pub(super) size: &'static str,
}

/// What a rate was said to be first, and what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) currency: &'static str,
    pub(super) day: Date,
    /// Hundred-millionths of a unit per euro.
    pub(super) per_eur: i128,
    pub(super) at_first: i128,
}

#[derive(Debug)]
pub(super) struct Story {
    /// In the order of their arrival, some of them twice.
    pub(super) events: Vec<Event>,
    pub(super) organizations: Vec<Organization>,
    pub(super) rates: Vec<Rate>,
}

/// So many events, and the doubles beside them.
pub(super) fn story(seed: u64, events: usize) -> Story {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut told = Vec::with_capacity(events + events / DOUBLES_IN);
    let mut id = 0;
    while told.len() < events {
        id += 1;
        let company = if dice.random_ratio(1, NEIGHBOURS_IN) {
            NEIGHBOUR
        } else {
            COMPANY
        };
        told.extend(history(&mut dice, company, id));
    }
    told.truncate(events);
    for _ in 0..events / DOUBLES_IN {
        let again = told.choose(&mut dice).unwrap().clone();
        told.push(again);
    }
    told.shuffle(&mut dice);
    Story {
        events: told,
        organizations: organizations(&mut dice),
        rates: rates(&mut dice),
    }
}

fn pick(dice: &mut impl Rng, words: &[&'static str]) -> &'static str {
    words.choose(dice).unwrap()
}

/// All events of one deal.
fn history(dice: &mut impl Rng, company: u64, id: u64) -> Vec<Event> {
    let mut at = instant(dice);
    let mut deal = begun(dice, at);
    let mut action = "added";
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..dice.random_range(1..20) {
        let merged_into = (action == "deleted" && dice.random_ratio(1, 3)).then_some(id + 1);
        let (uuid, ver) = identity(dice, at, &events);
        events.push(Event {
            company,
            id,
            ver,
            action,
            deal: deal.clone(),
            uuid,
            revision: 0,
            at,
            merged_into,
        });
        if dice.random_ratio(1, 16) {
            events.extend(completed(dice, events.last().unwrap()));
        }
        // Two edits in one microsecond are one after the other all the same.
        if !dice.random_ratio(1, 12) {
            at += dice.random_range(1..20 * 86_400_000_000);
        }
        action = step(dice, &mut deal, at, action == "deleted");
    }
    events
}

/// An id whose version no other event of this deal has: two of one version have no order that anybody could tell.
fn identity(dice: &mut impl Rng, at: i64, before: &[Event]) -> (Uuid, u64) {
    loop {
        let uuid = Uuid::from_u128(dice.random());
        let ver = Ver::compute(at, &uuid, 0).0;
        if !before.iter().any(|event| event.ver >> 4 == ver >> 4) {
            return (uuid, ver);
        }
    }
}

/// The same event again, with what a lookup brought later.
fn completed(dice: &mut impl Rng, event: &Event) -> Option<Event> {
    let mut deal = event.deal.clone();
    deal.industry = pick(dice, &INDUSTRIES);
    deal.source = pick(dice, &SOURCES);
    (event.action != "deleted").then(|| Event {
        revision: 1,
        ver: event.ver + 1,
        deal,
        ..event.clone()
    })
}

fn instant(dice: &mut impl Rng) -> i64 {
    if dice.random_ratio(1, 20) {
        return micros(*EDGES.choose(dice).unwrap()) - dice.random_range(0..2);
    }
    micros(BEGIN) + dice.random_range(0..DAYS * 86_400_000_000)
}

fn micros(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1_000_000
}

fn begun(dice: &mut impl Rng, at: i64) -> Deal {
    Deal {
        status: "open",
        is_archived: false,
        value: value(dice),
        currency: pick(dice, &CURRENCIES),
        source: pick(dice, &SOURCES),
        campaign: pick(dice, &CAMPAIGNS),
        owner: dice.random_range(0..30),
        pipeline: dice.random_range(1..4),
        organization: dice.random_range(0..40),
        industry: pick(dice, &INDUSTRIES),
        size: pick(dice, &SIZES[..4]),
        added: match dice.random_range(0..20) {
            0 => None,
            1 => Some(at - 86_400_000_000),
            _ => Some(at),
        },
        won: None,
        lost: None,
        closed: None,
    }
}

/// Cents mostly, ten-thousandths at times; now and then nothing, 0, or less than that.
fn value(dice: &mut impl Rng) -> Option<i64> {
    match dice.random_range(0..40) {
        0 | 1 => None,
        2 | 3 => Some(0),
        4 => Some(-dice.random_range(1..1_000_000)),
        5 => Some(dice.random_range(1..10_000_000_000)),
        _ => Some(dice.random_range(1..5_000_000) * 100),
    }
}

/// What happens next to a deal, and by which action.
fn step(dice: &mut impl Rng, deal: &mut Deal, at: i64, is_deleted: bool) -> &'static str {
    if is_deleted {
        return if dice.random_ratio(1, 2) {
            "updated"
        } else {
            "deleted"
        };
    }
    match dice.random_range(0..100) {
        0..22 => close(dice, deal, "won", at),
        22..36 => close(dice, deal, "lost", at),
        36..50 if deal.status != "open" => reopen(dice, deal),
        50..60 => deal.value = value(dice),
        60..66 => deal.currency = pick(dice, &CURRENCIES),
        66..72 => deal.source = pick(dice, &SOURCES),
        72..76 => deal.campaign = pick(dice, &CAMPAIGNS),
        76..82 => deal.owner = dice.random_range(0..30),
        82..86 => deal.organization = dice.random_range(0..40),
        86..89 => deal.size = pick(dice, &SIZES[..4]),
        89..92 => deal.is_archived = !deal.is_archived,
        92..95 => return "deleted",
        95 => return "merged",
        96 => deal.status = "deleted",
        _ => {}
    }
    if deal.status == "deleted" && dice.random_ratio(1, 3) {
        deal.status = "open";
    }
    "updated"
}

/// Mostly now, at times on another day; now and then only the time of closing is told.
fn close(dice: &mut impl Rng, deal: &mut Deal, status: &'static str, at: i64) {
    deal.status = status;
    let at = if dice.random_ratio(1, 10) {
        instant(dice)
    } else {
        at
    };
    let told = (!dice.random_ratio(1, 25)).then_some(at);
    deal.closed = Some(at);
    if status == "won" {
        deal.won = told;
    } else {
        deal.lost = told;
    }
}

/// The times of what was may stay behind.
fn reopen(dice: &mut impl Rng, deal: &mut Deal) {
    deal.status = "open";
    if dice.random_ratio(2, 3) {
        (deal.won, deal.lost, deal.closed) = (None, None, None);
    }
}

fn organizations(dice: &mut impl Rng) -> Vec<Organization> {
    let told = |id| Organization {
        id,
        industry: pick(dice, &INDUSTRIES),
        size: pick(dice, &SIZES),
    };
    (1..25).map(told).collect()
}

/// Of three currencies, with days that have none of some or of all; one rate in twenty was told wrong at first.
fn rates(dice: &mut impl Rng) -> Vec<Rate> {
    let mut rates = Vec::new();
    let mut day = date!(2025 - 10 - 01);
    while day < date!(2026 - 04 - 20) {
        for (currency, usual) in [("USD", 108_000_000), ("GBP", 85_000_000), ("JPY", 16_000_000_000)] {
            if !dice.random_ratio(1, 30) && day.ordinal() % 41 != 0 {
                let per_eur = usual + dice.random_range(-usual / 20..usual / 20);
                let is_corrected = dice.random_ratio(1, 20);
                rates.push(Rate {
                    currency,
                    day,
                    per_eur,
                    at_first: if is_corrected { per_eur * 3 } else { per_eur },
                });
            }
        }
        day += Duration::DAY;
    }
    rates
}

impl Event {
    /// As it stands in the table of events; what is not told is not there.
    pub(super) fn row(&self) -> Value {
        let mut row = Map::new();
        let mut put = |key: &str, value: Value| row.insert(key.to_owned(), value);
        put("event_company_id", self.company.into());
        put("deal_id", self.id.into());
        put("event_time", time_text(self.at).into());
        put("event_uuid", self.uuid.to_string().into());
        put("event_ver", self.ver.to_string().into());
        put("event_revision", self.revision.into());
        put("event_object", "deal".into());
        put("event_action", self.action.into());
        put("event_received_at", time_text(self.at + 250_000).into());
        if let Some(other) = self.merged_into {
            put("event_merged_into", other.into());
        }
        if self.action != "deleted" {
            self.deal.tell(&mut row);
        }
        row.into()
    }
}

impl Deal {
    fn tell(&self, row: &mut Map<String, Value>) {
        let mut put = |key: &str, value: Value| {
            if value != "" && !value.is_null() {
                row.insert(key.to_owned(), value);
            }
        };
        put("deal_title", "Deal".into());
        put("deal_status", self.status.into());
        put("deal_stage_id", 11.into());
        put("deal_pipeline_id", self.pipeline.into());
        put("deal_is_archived", self.is_archived.into());
        put("deal_value", self.value.map(money).into());
        put("deal_currency", self.currency.into());
        put("deal_owner_id", self.owner.into());
        put("marketing_source", self.source.into());
        put("marketing_campaign", self.campaign.into());
        put("organization_id", self.organization.into());
        put("organization_industry", self.industry.into());
        put("organization_company_size", self.size.into());
        for (key, at) in [
            ("deal_add_time", self.added),
            ("deal_won_time", self.won),
            ("deal_lost_time", self.lost),
            ("deal_close_time", self.closed),
        ] {
            put(key, at.map(time_text).into());
        }
    }
}

fn money(value: i64) -> Value {
    let text = format!(
        "{}{}.{:04}",
        if value < 0 { "-" } else { "" },
        value.abs() / 10_000,
        value.abs() % 10_000
    );
    Value::Number(text.parse::<Number>().unwrap())
}

fn time_text(micros: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)).unwrap();
    let (date, time) = (at.date(), at.time());
    let (hour, minute, second) = time.as_hms();
    let rest = micros.rem_euclid(1_000_000);
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{rest:06}Z")
}
