//! How the page writes a value, and which types of ClickHouse it can write so.

/// A format of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An amount in the row's currency. Only `Decimal`: money is never a float.
    Money,
    /// A whole number.
    Int,
    /// A number with two digits after the point.
    Decimal,
    /// A share of one: 0.25 is 25 %.
    Percent,
    /// A share of one with its sign: +25 %.
    Change,
    /// A difference of shares in points of a hundred.
    Points,
    /// Days with one digit.
    Days,
    /// A duration of the pipe, in milliseconds or seconds.
    Seconds,
    /// Seconds, in the largest unit that suits them: minutes, hours, days.
    Duration,
    /// An instant, in the board's zone.
    Time,
    /// What a clock on the wall of the board's zone shows: days, and starts of buckets.
    Wall,
    /// As it is.
    Text,
}

/// What a column must hold to be drawn where `encode` puts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    One(Format),
    /// A list of such in each row.
    List(Format),
    /// A list of instants or days.
    Times,
    /// An instant or a day.
    When,
    /// Yes or no.
    Flag,
    /// One word or number of any kind.
    Any,
    /// A word.
    Text,
    /// A list of words.
    Texts,
    /// Lists of amounts, or one.
    Amounts,
}

impl Format {
    pub const ALL: [Self; 12] = [
        Self::Money,
        Self::Int,
        Self::Decimal,
        Self::Percent,
        Self::Change,
        Self::Points,
        Self::Days,
        Self::Seconds,
        Self::Duration,
        Self::Time,
        Self::Wall,
        Self::Text,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Int => "int",
            Self::Decimal => "decimal",
            Self::Percent => "percent",
            Self::Change => "change",
            Self::Points => "points",
            Self::Days => "days",
            Self::Seconds => "seconds",
            Self::Duration => "duration",
            Self::Time => "time",
            Self::Wall => "wall",
            Self::Text => "text",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    /// The types it can write, in words.
    pub fn types(self) -> &'static str {
        match self {
            Self::Money => "Decimal",
            Self::Int => "UInt or Int",
            Self::Decimal
            | Self::Percent
            | Self::Change
            | Self::Points
            | Self::Days
            | Self::Seconds
            | Self::Duration => "Float, Decimal, UInt or Int",
            Self::Time => "DateTime or DateTime64",
            Self::Wall => "Date, Date32, DateTime or DateTime64",
            Self::Text => "anything but Array, Tuple and Map",
        }
    }

    /// Whether a column of this type, without `Nullable` and `LowCardinality`, can be written so.
    fn fits(self, plain: &str) -> bool {
        let is = |names: &[&str]| names.iter().any(|name| plain.starts_with(name));
        match self {
            Self::Money => is(&["Decimal"]),
            Self::Int => is(&["UInt", "Int"]),
            Self::Decimal
            | Self::Percent
            | Self::Change
            | Self::Points
            | Self::Days
            | Self::Seconds
            | Self::Duration => is(&["Float", "Decimal", "UInt", "Int"]),
            Self::Time => is(&["DateTime"]),
            Self::Wall => is(&["Date"]),
            Self::Text => !is(&["Array", "Tuple", "Map", "Nested", "Aggregate"]),
        }
    }
}

impl Holds {
    /// Whether a column of this type, as ClickHouse writes it, can stand there.
    pub fn fits(self, kind: &str) -> bool {
        let plain = plain(kind);
        let list = plain
            .strip_prefix("Array(")
            .and_then(|rest| rest.strip_suffix(')'))
            .map(self::plain);
        match self {
            Self::One(format) => format.fits(plain),
            Self::List(format) => list.is_some_and(|inner| format.fits(inner)),
            Self::Times => list.is_some_and(|inner| Format::Wall.fits(inner)),
            Self::When => Format::Wall.fits(plain),
            Self::Flag => ["Bool", "UInt8"].contains(&plain),
            Self::Any => Format::Text.fits(plain),
            Self::Text => is_text(plain),
            Self::Texts => list.is_some_and(is_text),
            Self::Amounts => Format::Money.fits(list.unwrap_or(plain)),
        }
    }

    /// The types that fit, in words.
    pub fn types(self) -> String {
        match self {
            Self::One(format) => format.types().to_owned(),
            Self::List(format) => format!("Array of {}", format.types()),
            Self::Times => format!("Array of {}", Format::Wall.types()),
            Self::When => Format::Wall.types().to_owned(),
            Self::Flag => "Bool or UInt8".to_owned(),
            Self::Any => Format::Text.types().to_owned(),
            Self::Text => "String".to_owned(),
            Self::Texts => "Array of String".to_owned(),
            Self::Amounts => "Decimal, or Array of it".to_owned(),
        }
    }
}

fn is_text(plain: &str) -> bool {
    ["String", "FixedString", "Enum", "UUID"]
        .iter()
        .any(|name| plain.starts_with(name))
}

/// The type without what says only how it is stored, or that it may be missing.
fn plain(kind: &str) -> &str {
    let mut kind = kind.trim();
    for around in ["LowCardinality(", "Nullable("] {
        if let Some(inner) = kind.strip_prefix(around).and_then(|rest| rest.strip_suffix(')')) {
            kind = inner;
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_decimal_and_a_float_is_none() {
        let money = Holds::One(Format::Money);
        assert!(money.fits("Nullable(Decimal(38, 16))") && !money.fits("Float64") && !money.fits("UInt64"));
        assert!(Holds::List(Format::Money).fits("Array(Nullable(Decimal(38, 4)))"));
        assert!(!Holds::List(Format::Money).fits("Decimal(38, 4)"));
    }

    #[test]
    fn a_type_is_looked_at_without_how_it_is_stored() {
        assert!(Holds::Text.fits("LowCardinality(Nullable(String))"));
        assert!(Holds::When.fits("DateTime('Europe/Berlin')") && Holds::When.fits("Date"));
        assert!(Holds::Flag.fits("UInt8") && !Holds::Flag.fits("UInt64"));
        assert!(Holds::Any.fits("UInt64") && !Holds::Any.fits("Array(String)"));
    }
}
