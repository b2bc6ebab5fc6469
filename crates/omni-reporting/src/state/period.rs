//! Which instants a chosen period covers, and which it is compared with.
//!
//! Half-open, in the board's zone, weeks from Monday (R4). The comparison has the same length just before, calendar
//! units by calendar, or lies a year before; a period that is still running is compared up to the same elapsed point
//! (R7). A point that the earlier month does not have (31 March a month earlier) is the end of that month.
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::zone::Zone;

/// Days of the longest period that can be asked for: twenty years.
pub const CUSTOM_DAYS_MAX: i64 = 7_320;
/// The earliest and the latest year a period may touch.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// A period by the word the page uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Today,
    /// So many days, the last of them today.
    Days(u16),
    ThisWeek,
    LastWeek,
    ThisMonth,
    LastMonth,
    ThisQuarter,
    LastQuarter,
    ThisYear,
    LastYear,
    /// Both days are inside.
    Custom {
        first: Date,
        last: Date,
    },
}

/// What a period is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Off,
    /// The same length just before.
    Previous,
    /// The same period a year earlier (weeks: 52 weeks, so that Mondays meet).
    Year,
}

/// The length of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
}

/// A period in instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: OffsetDateTime,
    pub to: OffsetDateTime,
    pub previous_from: OffsetDateTime,
    pub previous_to: OffsetDateTime,
    pub grain: Grain,
    /// The next instant at which the clock alone changes an answer.
    pub next_edge: OffsetDateTime,
}

/// A length that is moved back by: days, or months of the calendar.
#[derive(Clone, Copy)]
enum Step {
    Days(i64),
    Months(i32),
}

impl Period {
    /// Reads the page's word; `None` for `custom`, which needs its days.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "today" => Self::Today,
            "7d" => Self::Days(7),
            "30d" => Self::Days(30),
            "90d" => Self::Days(90),
            "this_week" => Self::ThisWeek,
            "last_week" => Self::LastWeek,
            "this_month" => Self::ThisMonth,
            "last_month" => Self::LastMonth,
            "this_quarter" => Self::ThisQuarter,
            "last_quarter" => Self::LastQuarter,
            "this_year" => Self::ThisYear,
            "last_year" => Self::LastYear,
            _ => return None,
        })
    }

    /// The page's word.
    pub fn word(self) -> String {
        match self {
            Self::Today => "today".to_owned(),
            Self::Days(days) => format!("{days}d"),
            Self::ThisWeek => "this_week".to_owned(),
            Self::LastWeek => "last_week".to_owned(),
            Self::ThisMonth => "this_month".to_owned(),
            Self::LastMonth => "last_month".to_owned(),
            Self::ThisQuarter => "this_quarter".to_owned(),
            Self::LastQuarter => "last_quarter".to_owned(),
            Self::ThisYear => "this_year".to_owned(),
            Self::LastYear => "last_year".to_owned(),
            Self::Custom { .. } => "custom".to_owned(),
        }
    }

    /// The first day, the day after the last, and its length as one steps back by it.
    fn days(self, today: Date) -> (Date, Date, Step) {
        let day = |days: i64| today.saturating_add(Duration::days(days));
        let monday = day(-i64::from(today.weekday().number_days_from_monday()));
        let month = first_of_month(today);
        let quarter = back(month, Step::Months(i32::from(u8::from(month.month()) - 1) % 3)).date;
        let year = back(month, Step::Months(i32::from(u8::from(month.month())) - 1)).date;
        let after = |first, months: i32| back(first, Step::Months(-months)).date;
        match self {
            Self::Today => (today, day(1), Step::Days(1)),
            Self::Days(days) => (day(1 - i64::from(days)), day(1), Step::Days(i64::from(days))),
            Self::ThisWeek => (monday, monday.saturating_add(Duration::days(7)), Step::Days(7)),
            Self::LastWeek => (monday.saturating_sub(Duration::days(7)), monday, Step::Days(7)),
            Self::ThisMonth => (month, after(month, 1), Step::Months(1)),
            Self::LastMonth => (back(month, Step::Months(1)).date, month, Step::Months(1)),
            Self::ThisQuarter => (quarter, after(quarter, 3), Step::Months(3)),
            Self::LastQuarter => (back(quarter, Step::Months(3)).date, quarter, Step::Months(3)),
            Self::ThisYear => (year, after(year, 12), Step::Months(12)),
            Self::LastYear => (back(year, Step::Months(12)).date, year, Step::Months(12)),
            Self::Custom { first, last } => {
                let end = last.saturating_add(Duration::days(1));
                (first, end, Step::Days((end - first).whole_days()))
            }
        }
    }

    /// The instants of this period and of what it is compared with, as seen at `now`.
    pub fn window(self, compare: Compare, zone: Zone, now: OffsetDateTime) -> Window {
        let local = zone.local(now);
        let (first, end, length) = self.days(local.date());
        let (from, to) = (zone.start_of(first), zone.start_of(end));
        let grain = Grain::for_days((end - first).whole_days());
        let step = match (compare, self) {
            (Compare::Off, _) => None,
            (Compare::Previous, _) => Some(length),
            (Compare::Year, Self::ThisWeek | Self::LastWeek) => Some(Step::Days(364)),
            (Compare::Year, _) => Some(Step::Months(12)),
        };
        let (previous_from, previous_to) = step.map_or((from, from), |step| {
            let start = zone.start_of(back(first, step).date);
            let end = zone.start_of(back(end, step).date);
            let reached = if (from..to).contains(&now) {
                elapsed(local, step, zone)
            } else {
                end
            };
            (start, reached.clamp(start, end))
        });
        Window {
            from,
            to,
            previous_from,
            previous_to,
            grain,
            next_edge: next_edge(grain, zone, now),
        }
    }
}

impl Compare {
    /// Reads the page's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "off" => Self::Off,
            "previous" => Self::Previous,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The page's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Previous => "previous",
            Self::Year => "year",
        }
    }
}

impl Grain {
    /// Few enough buckets to see, enough to see a course.
    fn for_days(days: i64) -> Self {
        match days {
            ..=2 => Self::Hour,
            3..=92 => Self::Day,
            93..=366 => Self::Week,
            367..=3_700 => Self::Month,
            _ => Self::Quarter,
        }
    }

    /// The unit as ClickHouse calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// A day moved back, and whether its month had no such day (then it is the first of the next).
struct Moved {
    date: Date,
    was_clipped: bool,
}

fn back(date: Date, step: Step) -> Moved {
    match step {
        Step::Days(days) => Moved {
            date: date.saturating_sub(Duration::days(days)),
            was_clipped: false,
        },
        Step::Months(months) => {
            let count = date.year() * 12 + i32::from(u8::from(date.month())) - 1 - months;
            let (year, month) = (count.div_euclid(12), count.rem_euclid(12) as u8 + 1);
            let month = Month::try_from(month).unwrap_or(Month::January);
            if let Ok(date) = Date::from_calendar_date(year, month, date.day()) {
                return Moved {
                    date,
                    was_clipped: false,
                };
            }
            let next = Date::from_calendar_date(
                if month == Month::December { year + 1 } else { year },
                month.next(),
                1,
            );
            Moved {
                date: next.unwrap_or(date),
                was_clipped: true,
            }
        }
    }
}

/// The point of the earlier period that corresponds to this local time.
fn elapsed(local: PrimitiveDateTime, step: Step, zone: Zone) -> OffsetDateTime {
    let moved = back(local.date(), step);
    let time = if moved.was_clipped {
        Time::MIDNIGHT
    } else {
        local.time()
    };
    zone.instant(PrimitiveDateTime::new(moved.date, time))
}

fn next_edge(grain: Grain, zone: Zone, now: OffsetDateTime) -> OffsetDateTime {
    let local = zone.local(now);
    match grain {
        Grain::Hour => {
            let time = local.time();
            let past = Duration::new(
                i64::from(time.minute()) * 60 + i64::from(time.second()),
                time.nanosecond() as i32,
            );
            now.saturating_add(Duration::HOUR - past)
        }
        _ => zone.start_of(local.date().saturating_add(Duration::DAY)),
    }
}

fn first_of_month(date: Date) -> Date {
    date.replace_day(1).unwrap_or(date)
}

#[cfg(test)]
mod tests;
