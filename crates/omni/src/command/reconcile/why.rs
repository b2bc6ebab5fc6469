//! Why a change was missed, as far as the archives show it.

use std::collections::HashMap;
use std::fmt;

use event::moment;
use ledger::{End, Event, Ledger};
use uuid::Uuid;
use warehouse::{Limits, Param, Warehouse};

use super::found::Found;

const SILENCES: &str = include_str!("../../../sql/reconcile_silences.sql");
const TOLD: &str = include_str!("../../../sql/reconcile_told.sql");

/// A shorter silence explains nothing.
const SILENCE_SECONDS_MIN: i64 = 300;
/// Keys in one question.
const KEYS_MAX: usize = 500;
/// An API says whole seconds, and clocks differ.
const SKEW_MICRO: i64 = 5 * moment::SECOND;
const LIMITS: Limits = Limits {
    seconds_max: 120,
    rows_max: 200_000,
    bytes_max: 64 * 1024 * 1024,
};

/// What is the matter with a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Why {
    /// Nothing at all came in that time: the webhook was banned or removed, or nobody took it.
    Silence { from_micro: i64, to_micro: i64 },
    /// It is older than the first webhook: history.
    BeforeOmni,
    /// It came, and was refused.
    Rejected,
    /// An event of it came at that time, and was left out: by a rule, or since no template shows it.
    Filtered,
    /// It came, and is under way.
    OnItsWay,
    /// It was sent by an earlier pass, and refused or left out.
    SentInVain,
    /// Others came at that time, this one did not.
    NotTold,
}

impl Why {
    /// For JSON and labels.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Silence { .. } => "silence",
            Self::BeforeOmni => "before_omni",
            Self::Rejected => "rejected",
            Self::Filtered => "filtered",
            Self::OnItsWay => "on_its_way",
            Self::SentInVain => "sent_in_vain",
            Self::NotTold => "not_told",
        }
    }

    /// Whether sending it helps.
    pub(super) const fn is_repaired(&self) -> bool {
        !matches!(self, Self::OnItsWay | Self::SentInVain)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence {
                from_micro,
                to_micro,
            } => write!(
                f,
                "nothing was told from {} to {} ({} min): the webhook was banned or removed, or the collector not reached",
                minute(*from_micro),
                minute(*to_micro),
                (to_micro - from_micro) / moment::SECOND / 60,
            ),
            Self::BeforeOmni => f.write_str("older than the first webhook that came: history, which `omni backfill` sends"),
            Self::Rejected => f.write_str("a webhook told it and was refused: `omni rejected list` says why"),
            Self::Filtered => f.write_str(
                "a webhook told of it at that time and was left out by a rule, or since no template shows it; or something else touched it then",
            ),
            Self::OnItsWay => f.write_str("it is on its way to the tables (not sent)"),
            Self::SentInVain => f.write_str(
                "an earlier pass sent it, and it was refused or left out by a rule (not sent): `omni rejected list`",
            ),
            Self::NotTold => f.write_str(
                "others were told at that time, this was not: an object that is not subscribed to, or one that the webhook's user may not see",
            ),
        }
    }
}

fn minute(micro: i64) -> String {
    let text = moment::to_rfc3339(micro);
    format!("{}Z", text.get(..16).unwrap_or(&text))
}

/// Looks into the archives.
pub(super) struct Archives<'a> {
    pub(super) warehouse: &'a Warehouse,
    pub(super) ledger: &'a Ledger,
    pub(super) company_id: u64,
    pub(super) now_micro: i64,
}

/// Times in which no webhook came, in order.
pub(super) type Silences = Vec<(i64, i64)>;

impl Archives<'_> {
    /// The silences that end after then.
    pub(super) async fn silences(&self, since_micro: i64) -> anyhow::Result<Silences> {
        let parameters = [
            ("company", Param::UInt(self.company_id)),
            ("now", Param::Int(self.now_micro)),
            ("since", Param::Int(since_micro)),
            ("least_seconds", Param::Int(SILENCE_SECONDS_MIN)),
        ];
        Ok(self
            .warehouse
            .select_within(SILENCES, &parameters, &LIMITS)
            .await?)
    }

    /// Why each of these was missed, in their order.
    pub(super) async fn why(&self, found: &[Found], silences: &Silences) -> anyhow::Result<Vec<Why>> {
        let told = self.told(found).await?;
        let mut events: Vec<Event> = found.iter().map(|found| self.event(found.uuid)).collect();
        events.extend(told.values().map(|(uuid, _)| self.event(*uuid)));
        let known = self.ledger.known(&events, self.now_micro).await?;
        let ends: HashMap<Uuid, Option<End>> = known
            .into_iter()
            .map(|known| (known.event.uuid, known.end))
            .collect();
        let why = |found: &Found| {
            if let Some(end) = ends.get(&found.uuid) {
                return of_an_earlier_pass(*end);
            }
            let told = told
                .get(&found.key(self.company_id))
                .filter(|(_, received)| *received >= found.at_micro - SKEW_MICRO);
            match told.and_then(|(uuid, _)| ends.get(uuid)) {
                Some(Some(End::Rejected)) => Why::Rejected,
                Some(Some(End::Filtered)) => Why::Filtered,
                Some(None | Some(End::InFlight)) => Why::OnItsWay,
                Some(Some(End::Loaded | End::Missing)) | None => untold(found.at_micro, silences),
            }
        };
        Ok(found.iter().map(why).collect())
    }

    fn event(&self, uuid: Uuid) -> Event {
        Event {
            company_id: self.company_id,
            uuid,
        }
    }

    /// The newest webhook of each entity, by its key.
    async fn told(&self, found: &[Found]) -> anyhow::Result<HashMap<String, (Uuid, i64)>> {
        let keys: Vec<String> = found.iter().map(|found| found.key(self.company_id)).collect();
        let since = found.iter().map(|found| found.at_micro).min().unwrap_or(0) - SKEW_MICRO;
        let mut told = HashMap::new();
        for keys in keys.chunks(KEYS_MAX) {
            let parameters = [
                ("company", Param::UInt(self.company_id)),
                ("since", Param::Int(since.max(0))),
                ("keys", Param::Texts(keys.to_vec())),
            ];
            let rows: Vec<(String, Uuid, i64)> = self.warehouse.select(TOLD, &parameters).await?;
            told.extend(
                rows.into_iter()
                    .map(|(key, uuid, received)| (key, (uuid, received))),
            );
        }
        Ok(told)
    }
}

/// What became of the same event, sent before.
fn of_an_earlier_pass(end: Option<End>) -> Why {
    match end {
        Some(End::Rejected | End::Filtered) => Why::SentInVain,
        Some(End::Loaded | End::InFlight | End::Missing) | None => Why::OnItsWay,
    }
}

/// Why nobody told of a change at that time.
fn untold(at_micro: i64, silences: &Silences) -> Why {
    let around = silences
        .iter()
        // A minute that has an arrival may have been silent at its end.
        .find(|(from, to)| (*from..=*to + 60 * moment::SECOND).contains(&at_micro));
    match around {
        Some((0, _)) => Why::BeforeOmni,
        Some((from_micro, to_micro)) => Why::Silence {
            from_micro: *from_micro,
            to_micro: *to_micro,
        },
        None => Why::NotTold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * moment::SECOND;

    #[test]
    fn a_change_in_a_silence_was_told_by_nobody() {
        let silences = vec![(0, 100 * MINUTE), (200 * MINUTE, 230 * MINUTE)];
        assert_eq!(untold(50 * MINUTE, &silences), Why::BeforeOmni);
        let silence = Why::Silence {
            from_micro: 200 * MINUTE,
            to_micro: 230 * MINUTE,
        };
        assert_eq!(untold(210 * MINUTE, &silences), silence);
        assert!(silence.to_string().contains("(30 min)"), "{silence}");
        assert_eq!(untold(150 * MINUTE, &silences), Why::NotTold);
    }
}
