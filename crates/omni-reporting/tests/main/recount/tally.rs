//! The recount: the counting rules once more, in plain loops over whole numbers, of the newest version of each deal.
//!
//! Nothing here is SQL, and nothing here is read from a template. Amounts are whole ten-thousandths, rates hundred-millionths
//! and their quotients million-millionths cut off there, so converted amounts are exact in sixteen decimals.
use std::collections::{BTreeMap, HashMap};

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};
use time_tz::{OffsetDateTimeExt, Tz};

use super::random::{COMPANY, Deal, Event, Story};

/// Of a converted amount.
pub(super) const DIGITS: u32 = 16;
const NOT_SET: &str = "(not set)";

/// What is asked.
pub(super) struct Choice {
    pub(super) zone: &'static Tz,
    /// Both days are inside.
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) now: OffsetDateTime,
    pub(super) currency: &'static str,
    pub(super) has_rates: bool,
    pub(super) filters: Vec<(&'static str, Vec<&'static str>)>,
}

/// One deal as it stands now, with what the choice makes of it.
struct Standing<'s> {
    deal: &'s Deal,
    industry: &'s str,
    size: &'s str,
}

/// A sum of deals; amounts in sixteen decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) deals: i128,
    pub(super) value: i128,
    /// Of the deals those whose value is in the sum, those that have one without a rate, those that have none.
    pub(super) converted: i128,
    pub(super) unconverted: i128,
    pub(super) valueless: i128,
    pub(super) zero: i128,
}

/// What stands in one place of one panel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) won: Sum,
    pub(super) won_before: Sum,
    pub(super) lost: i128,
    pub(super) open: Sum,
    pub(super) created: i128,
}

/// By the currency that is shown, and by what the panel tells apart.
pub(super) type Cells = BTreeMap<(String, String), Cell>;

/// All panels under one choice.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) whole: Cells,
    pub(super) by_source: Cells,
    pub(super) by_campaign: Cells,
    pub(super) by_owner: Cells,
    pub(super) by_industry: Cells,
    /// By bucket and size; what was won after now stands where now is.
    pub(super) by_bucket_and_size: Cells,
    /// By bucket, whatever the currency.
    pub(super) by_bucket: Cells,
    /// By bucket, where what was won after now stands at its own time.
    pub(super) by_own_bucket: Cells,
}

/// The newest version of each deal of the company that is not gone.
pub(super) fn newest(story: &Story) -> Vec<&Event> {
    let mut newest: HashMap<u64, &Event> = HashMap::new();
    for event in story.events.iter().filter(|event| event.company == COMPANY) {
        let kept = newest.entry(event.id).or_insert(event);
        if event.ver > kept.ver {
            *kept = event;
        }
    }
    newest.retain(|_, event| event.action != "deleted" && event.deal.status != "deleted");
    newest.into_values().collect()
}

/// Counts them under one choice.
pub(super) fn count(story: &Story, deals: &[&Event], choice: &Choice) -> Tally {
    let prices = Prices::of(story, choice);
    let mut tally = Tally::default();
    for event in deals {
        let standing = Standing::of(event, story);
        if choice
            .filters
            .iter()
            .all(|(name, values)| standing.passes(name, values))
        {
            tally.add(&standing, choice, &prices);
        }
    }
    tally
}

fn or_not_set(word: &str) -> &str {
    if word.is_empty() { NOT_SET } else { word }
}

impl<'s> Standing<'s> {
    fn of(event: &'s Event, story: &'s Story) -> Self {
        let deal = &event.deal;
        let known = story.organizations.iter().find(|one| one.id == deal.organization);
        let word = |of_organization: Option<&'s str>, of_deal: &'s str| {
            or_not_set(of_organization.filter(|word| !word.is_empty()).unwrap_or(of_deal))
        };
        Self {
            deal,
            industry: word(known.map(|one| one.industry), deal.industry),
            size: word(known.map(|one| one.size), deal.size),
        }
    }

    fn passes(&self, name: &str, values: &[&str]) -> bool {
        let of_number = |number: u64| values.contains(&number.to_string().as_str());
        match name {
            "source" => values.contains(&or_not_set(self.deal.source)),
            "campaign" => values.contains(&or_not_set(self.deal.campaign)),
            "industry" => values.contains(&self.industry),
            "size" => values.contains(&self.size),
            "owner" => of_number(self.deal.owner),
            "pipeline" => of_number(self.deal.pipeline),
            other => panic!("no filter {other}"),
        }
    }

    /// When it closed: at the time of what it is, else at the time of closing, else never.
    fn closed_at(&self) -> Option<i64> {
        match self.deal.status {
            "won" => self.deal.won.or(self.deal.closed),
            "lost" => self.deal.lost.or(self.deal.closed),
            _ => None,
        }
    }
}

impl Choice {
    pub(super) fn local(&self, micros: i64) -> PrimitiveDateTime {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap();
        let there = at.to_timezone(self.zone);
        PrimitiveDateTime::new(there.date(), there.time())
    }

    /// The first day of the bucket that a day is in: of days, weeks from Monday, or months, by the length of the period.
    pub(super) fn bucket(&self, day: Date) -> String {
        let first = match (self.last - self.first).whole_days() + 1 {
            3..=92 => day,
            93..=366 => day - Duration::days(i64::from(day.weekday().number_days_from_monday())),
            367..=3_700 => day.replace_day(1).unwrap(),
            days => panic!("buckets of {days} days are not counted here"),
        };
        first.to_string()
    }

    pub(super) fn now_micros(&self) -> i64 {
        self.now.unix_timestamp() * 1_000_000
    }

    fn is_inside(&self, at: PrimitiveDateTime) -> bool {
        (self.first..=self.last).contains(&at.date())
    }

    /// In as many days just before, of a period that is not over up to the same point of it.
    fn is_before(&self, at: PrimitiveDateTime) -> bool {
        let length = self.last - self.first + Duration::DAY;
        let now = self.local(self.now_micros());
        let is_running = self.is_inside(now);
        at.date() >= self.first - length && at.date() < self.first && (!is_running || at < now - length)
    }
}

/// The price of a unit of each currency, by day; `None` stands for one group a currency, unconverted.
struct Prices<'c> {
    reporting: &'c str,
    rates: Option<HashMap<(&'static str, Date), i128>>,
}

impl<'c> Prices<'c> {
    fn of(story: &Story, choice: &'c Choice) -> Self {
        let told = |all: &mut HashMap<_, _>, rate: &super::random::Rate| {
            all.insert((rate.currency, rate.day), rate.per_eur);
            all.insert(("EUR", rate.day), 100_000_000);
        };
        let all = || {
            story.rates.iter().fold(HashMap::new(), |mut all, rate| {
                told(&mut all, rate);
                all
            })
        };
        Self {
            reporting: choice.currency,
            rates: choice.has_rates.then(all),
        }
    }

    /// Which currency a deal is shown in, and its value there if there is one.
    fn shown(&self, deal: &Deal, day: Date) -> (String, Option<i128>) {
        let whole = deal
            .value
            .map(|value| i128::from(value) * 10_i128.pow(DIGITS - 4));
        let Some(rates) = &self.rates else {
            return (or_not_set(deal.currency).to_owned(), whole);
        };
        let rate = |currency| rates.get(&(currency, day));
        let value = if deal.currency == self.reporting {
            whole
        } else {
            let rate = rate(self.reporting)
                .zip(rate(deal.currency))
                .map(|(to, from)| to * 10_i128.pow(12) / from);
            deal.value.zip(rate).map(|(value, rate)| i128::from(value) * rate)
        };
        (self.reporting.to_owned(), value)
    }
}

impl Sum {
    fn add(&mut self, deal: &Deal, value: Option<i128>) {
        self.deals += 1;
        self.value += value.unwrap_or_default();
        self.converted += i128::from(value.is_some());
        self.unconverted += i128::from(value.is_none() && deal.value.is_some());
        self.valueless += i128::from(deal.value.is_none());
        self.zero += i128::from(deal.value == Some(0));
    }

    /// The sum, of which nothing is known where no deal has a converted value.
    pub(super) fn known(&self) -> Option<i128> {
        (self.converted > 0).then_some(self.value)
    }

    /// As where nothing is 0.
    pub(super) fn or_zero(&self) -> Option<i128> {
        if self.deals == 0 { Some(0) } else { self.known() }
    }

    /// Cut off after sixteen decimals.
    pub(super) fn average(&self) -> Option<i128> {
        (self.converted > 0).then(|| self.value / self.converted)
    }
}

impl Tally {
    fn add(&mut self, standing: &Standing<'_>, choice: &Choice, prices: &Prices<'_>) {
        let deal = standing.deal;
        if let Some(at) = deal.added.filter(|at| choice.is_inside(choice.local(*at))) {
            let bucket = choice.bucket(choice.local(at.min(choice.now_micros())).date());
            cell(&mut self.by_bucket, "", &bucket).created += 1;
        }
        if deal.status == "open" && !deal.is_archived {
            let (currency, value) = prices.shown(deal, choice.local(choice.now_micros()).date());
            for cell in self.places(standing, &currency) {
                cell.open.add(deal, value);
            }
        }
        let Some(at) = standing.closed_at() else {
            return;
        };
        let local = choice.local(at);
        let (currency, value) = prices.shown(deal, local.date());
        let is_won = deal.status == "won";
        if choice.is_inside(local) {
            for cell in self.places(standing, &currency) {
                cell.close(deal, value);
            }
            let bucket = choice.bucket(choice.local(at.min(choice.now_micros())).date());
            cell(&mut self.by_bucket, "", &bucket).close(deal, value);
            if is_won {
                let place = format!("{bucket} {}", standing.size);
                cell(&mut self.by_bucket_and_size, &currency, &place).close(deal, value);
                let place = choice.bucket(local.date());
                cell(&mut self.by_own_bucket, &currency, &place).close(deal, value);
            }
        } else if is_won && choice.is_before(local) {
            for cell in self.places(standing, &currency) {
                cell.won_before.add(deal, value);
            }
        }
    }

    /// The place of a deal in each panel that tells deals apart by what they are.
    fn places(&mut self, standing: &Standing<'_>, currency: &str) -> [&mut Cell; 5] {
        let deal = standing.deal;
        let source = or_not_set(deal.source);
        let campaign = format!("{source} {}", or_not_set(deal.campaign));
        [
            cell(&mut self.whole, currency, ""),
            cell(&mut self.by_source, currency, source),
            cell(&mut self.by_campaign, currency, &campaign),
            cell(&mut self.by_owner, currency, &deal.owner.to_string()),
            cell(&mut self.by_industry, currency, standing.industry),
        ]
    }
}

fn cell<'c>(cells: &'c mut Cells, currency: &str, place: &str) -> &'c mut Cell {
    cells.entry((currency.to_owned(), place.to_owned())).or_default()
}

impl Cell {
    fn close(&mut self, deal: &Deal, value: Option<i128>) {
        if deal.status == "won" {
            self.won.add(deal, value);
        } else {
            self.lost += 1;
        }
    }
}
