//! The keys of `encode`, by the kind of panel: what each is, and whether the drawing can do without.
use super::{Format, Holds};
use crate::manifest::PanelKind;

/// One key of `encode`, or of a table inside it.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub name: &'static str,
    pub shape: Shape,
    pub is_needed: bool,
    /// What it is for, in words that end a sentence.
    pub says: &'static str,
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A column's name.
    Column(Holds),
    /// A list of them.
    Columns(Holds),
    /// A column's name, or a table with `field`, `format`, `label`, and more.
    Field { usual: Format, more: &'static [Part] },
    /// A list of them.
    Fields { usual: Format, more: &'static [Part] },
    /// A table of its own.
    Parts(&'static [Part]),
    /// `{ at, value, format }`: two columns that hold lists.
    Run,
    /// A whole number of seconds.
    Seconds,
    /// Any number.
    Number,
    /// true or false.
    Flag,
    /// Any text.
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    /// A panel of the board, by its id.
    Panel,
}

impl Shape {
    /// What it must be, in words.
    pub fn says(&self) -> &'static str {
        match self {
            Self::Column(_) => "a column's name",
            Self::Columns(_) => "a list of columns' names",
            Self::Field { .. } => "a column's name, or a table with `field` and `format`",
            Self::Fields { .. } => "a list of columns, each a name or a table with `field` and `format`",
            Self::Parts(_) => "a table",
            Self::Run => "a table with `at`, `value` and `format`",
            Self::Seconds => "a whole number of seconds",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Text => "a text",
            Self::Word(_) => "one of its words",
            Self::Panel => "the id of a panel",
        }
    }
}

/// What a panel of this kind may encode.
pub const fn parts(kind: PanelKind) -> &'static [Part] {
    match kind {
        PanelKind::Stat => STAT,
        PanelKind::Bars => BARS,
        PanelKind::Columns => COLUMNS,
        PanelKind::Funnel => FUNNEL,
        PanelKind::Table => TABLE,
        PanelKind::Feed => FEED,
        PanelKind::Freshness => FRESHNESS,
        // The page draws them as a table of all columns.
        PanelKind::Lines | PanelKind::Text => &[],
    }
}

/// The parts of a run over time whose values are of this kind.
pub(super) const fn run(values: Holds) -> [Part; 2] {
    [
        needed("at", Shape::Column(Holds::Times), "the list of times"),
        needed(
            "value",
            Shape::Column(values),
            "the list of values, as long as that of times",
        ),
    ]
}

const fn needed(name: &'static str, shape: Shape, says: &'static str) -> Part {
    Part {
        name,
        shape,
        is_needed: true,
        says,
    }
}

const fn may(name: &'static str, shape: Shape, says: &'static str) -> Part {
    Part {
        name,
        shape,
        is_needed: false,
        says,
    }
}

const fn field(usual: Format, more: &'static [Part]) -> Shape {
    Shape::Field { usual, more }
}

const TONES: Shape = Shape::Word(&["won", "lost", "open", "accent"]);
const TONE: Part = may("tone", TONES, "the colour: won, lost, open, accent");
const CURRENCY: Part = may(
    "currency",
    Shape::Column(Holds::Text),
    "the currency of the row's amounts; without it the board's",
);
const GROUP: Part = may(
    "group",
    Shape::Column(Holds::Any),
    "what keeps rows apart that must not be compared, such as the currency",
);
const OTHER: Part = may(
    "other",
    Shape::Column(Holds::Flag),
    "true in the one row of all others",
);
const MEMBERS: Part = may(
    "members",
    Shape::Column(Holds::One(Format::Int)),
    "how many things the row stands for, for the row of all others",
);
const DETAILS: Part = may(
    "details",
    Shape::Fields {
        usual: Format::Int,
        more: &[],
    },
    "figures of all rows together, which each row repeats; told beneath",
);

const STAT: &[Part] = &[
    needed(
        "value",
        field(
            Format::Money,
            &[
                may("per", Shape::Text, "what it is a rate of: `day`"),
                may(
                    "warn_above",
                    Shape::Number,
                    "a greater figure is drawn as a warning; a share is 0 to 1",
                ),
            ],
        ),
        "the figure",
    ),
    CURRENCY,
    may(
        "details",
        Shape::Fields {
            usual: Format::Int,
            more: &[may("panel", Shape::Panel, "the panel that tells of it at length")],
        },
        "facts beneath the figure",
    ),
    may(
        "change",
        field(
            Format::Change,
            &[
                may(
                    "previous",
                    Shape::Column(Holds::Any),
                    "the figure of the period before",
                ),
                may(
                    "better",
                    Shape::Word(&["lower", "neither"]),
                    "what a move means: less is better, or it is neither; without it more is",
                ),
            ],
        ),
        "how it moved since the period before: change, points or days",
    ),
    may(
        "spark",
        Shape::Run,
        "its run over time, two columns that hold lists",
    ),
    may(
        "share",
        field(Format::Money, &[]),
        "a part of the figure, drawn as a thin bar",
    ),
    may(
        "split",
        Shape::Fields {
            usual: Format::Int,
            more: &[TONE],
        },
        "what a rate is made of, as parts of one bar",
    ),
];

const BARS: &[Part] = &[
    needed("label", field(Format::Text, &[]), "what a row is called"),
    needed(
        "bars",
        Shape::Fields {
            usual: Format::Money,
            more: &[],
        },
        "columns of bars, each on its own scale; may be empty",
    ),
    may("value", field(Format::Int, &[]), "the count beside the label"),
    may(
        "share",
        field(Format::Percent, &[]),
        "the row's part of the whole",
    ),
    CURRENCY,
    GROUP,
    OTHER,
    MEMBERS,
    DETAILS,
];

const COLUMNS: &[Part] = &[
    needed("x", Shape::Column(Holds::When), "where a bucket starts"),
    may(
        "label",
        Shape::Column(Holds::Text),
        "the word of a bucket that is no time: overdue, later, not set",
    ),
    may(
        "series",
        Shape::Fields {
            usual: Format::Int,
            more: &[TONE],
        },
        "columns side by side",
    ),
    may(
        "stack",
        Shape::Parts(&[
            needed("by", Shape::Column(Holds::Any), "what the parts of a column are"),
            needed("value", field(Format::Money, &[]), "how large each part is"),
        ]),
        "columns made of parts",
    ),
    may(
        "value",
        field(Format::Int, &[]),
        "a figure that is told and not drawn",
    ),
    may(
        "select",
        Shape::Word(&["period"]),
        "`period`: a stretch of columns can be chosen as the period",
    ),
    CURRENCY,
    GROUP,
];

const FUNNEL: &[Part] = &[
    needed("label", Shape::Column(Holds::Any), "what a step is called"),
    needed("value", field(Format::Int, &[]), "how many reached it"),
    may(
        "group",
        Shape::Column(Holds::Any),
        "the pipeline a step belongs to",
    ),
    may(
        "key",
        Shape::Column(Holds::Any),
        "what tells steps of one name apart",
    ),
    may(
        "rates",
        Shape::Fields {
            usual: Format::Percent,
            more: &[],
        },
        "two shares: of the step before, and of the first",
    ),
    may(
        "open",
        Shape::Parts(&[
            may(
                "count",
                Shape::Column(Holds::One(Format::Int)),
                "how many stand there",
            ),
            may(
                "currencies",
                Shape::Column(Holds::Texts),
                "the currencies of the amounts",
            ),
            may("values", Shape::Column(Holds::Amounts), "an amount a currency"),
        ]),
        "what stands at the step now",
    ),
];

const TABLE: &[Part] = &[
    needed(
        "columns",
        Shape::Fields {
            usual: Format::Text,
            more: &[
                may("bar", Shape::Flag, "true: with a bar on the column's own scale"),
                TONE,
            ],
        },
        "the columns, in order",
    ),
    may(
        "label",
        Shape::Column(Holds::Any),
        "the column that names the row",
    ),
    may(
        "key",
        Shape::Column(Holds::Any),
        "what tells rows of one name apart",
    ),
    CURRENCY,
    GROUP,
    OTHER,
    MEMBERS,
];

const FEED: &[Part] = &[
    needed("key", Shape::Column(Holds::Any), "what tells lines apart"),
    needed("at", Shape::Column(Holds::One(Format::Time)), "when it happened"),
    needed(
        "what",
        Shape::Column(Holds::Text),
        "won, lost, added, reopened, moved, revalued, merged, deleted, or another word with a text `what.<word>`",
    ),
    needed("title", Shape::Column(Holds::Text), "what it happened to"),
    may("value", field(Format::Money, &[CURRENCY]), "for how much"),
    may(
        "details",
        Shape::Columns(Holds::Any),
        "columns that the line's sentence is made of",
    ),
    may(
        "count",
        Shape::Column(Holds::One(Format::Int)),
        "how many events one line stands for",
    ),
];

const FRESHNESS: &[Part] = &[
    needed(
        "last_event",
        Shape::Column(Holds::One(Format::Time)),
        "when the newest event happened",
    ),
    needed(
        "last_load",
        Shape::Column(Holds::One(Format::Time)),
        "when rows were loaded last",
    ),
    needed(
        "heartbeat",
        Shape::Column(Holds::One(Format::Time)),
        "when a heartbeat came through last",
    ),
    may(
        "details",
        Shape::Fields {
            usual: Format::Seconds,
            more: &[],
        },
        "figures beneath",
    ),
    may(
        "quiet_after_seconds",
        Shape::Seconds,
        "no event for so long is called quiet",
    ),
    may(
        "late_after_seconds",
        Shape::Seconds,
        "no heartbeat for so long is called late",
    ),
    may(
        "broken_after_seconds",
        Shape::Seconds,
        "no heartbeat for so long is called broken",
    ),
];
