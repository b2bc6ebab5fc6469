//! What the account's business is made of: pipelines, sources, campaigns, reasons, option lists.

use crate::entity::custom::Kind;

/// A pipeline and its stages: name and probability in percent.
pub(crate) const PIPELINES: &[(&str, &[(&str, u64)])] = &[
    (
        "New business",
        &[
            ("Qualified", 10),
            ("Contact made", 25),
            ("Demo scheduled", 40),
            ("Proposal made", 60),
            ("Negotiations started", 80),
        ],
    ),
    (
        "Partners",
        &[("Introduced", 15), ("Terms discussed", 45), ("Contract sent", 75)],
    ),
];

/// Names that the third stage of the first pipeline takes in turn when somebody renames it.
pub(crate) const STAGE_NAMES: &[&str] = &["Demo scheduled", "Demo held", "Product demo"];

/// The people who sell.
pub(crate) const SELLERS: usize = 6;

/// A marketing source: its option id in the channel field, its name, `origin`, its share, its campaigns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub channel: u64,
    pub name: &'static str,
    pub origin: &'static str,
    pub share: u32,
    /// How its deals compare to the others', in percent of the usual value.
    pub worth: u32,
    pub campaigns: &'static [&'static str],
}

/// Where deals come from; what is missing to a thousand comes from nowhere in particular.
pub(crate) const SOURCES: &[Source] = &[
    source(
        51,
        "Google Ads",
        "API",
        (240, 80),
        &["brand-search", "competitor-search", "retargeting"],
    ),
    source(
        52,
        "LinkedIn",
        "API",
        (170, 140),
        &["decision-makers", "founders-lookalike"],
    ),
    source(53, "Organic Search", "API", (160, 90), &[]),
    source(
        54,
        "Referral",
        "ManuallyCreated",
        (120, 150),
        &["customer-referral", "partner-referral"],
    ),
    source(
        55,
        "Webinar",
        "API",
        (100, 110),
        &["pipeline-hygiene", "forecasting-basics"],
    ),
    source(
        56,
        "Trade fair",
        "Import",
        (80, 170),
        &["spring-fair", "autumn-fair"],
    ),
    source(
        57,
        "Outbound",
        "ManuallyCreated",
        (80, 100),
        &["cold-email-q", "cold-call-q"],
    ),
];

const fn source(
    channel: u64,
    name: &'static str,
    origin: &'static str,
    (share, worth): (u32, u32),
    campaigns: &'static [&'static str],
) -> Source {
    Source {
        channel,
        name,
        origin,
        share,
        worth,
        campaigns,
    }
}

pub(crate) const LOST_REASONS: &[&str] = &[
    "Price too high",
    "Chose a competitor",
    "No budget",
    "No decision",
    "Bad timing",
    "Missing feature",
];

pub(crate) const POSITIONS: &[&str] = &[
    "Managing Director",
    "Head of Sales",
    "Head of Marketing",
    "Operations Manager",
    "Purchasing Manager",
    "Office Manager",
    "IT Manager",
];

/// Options of an organization's `industry`.
pub(crate) const INDUSTRIES: &[(u64, &str)] = &[
    (1, "Software"),
    (2, "Manufacturing"),
    (3, "Retail"),
    (4, "Healthcare"),
    (5, "Hospitality"),
    (6, "Logistics"),
    (7, "Professional services"),
];

/// Options of a deal's label.
pub(crate) const DEAL_LABELS: &[(u64, &str)] = &[(24, "Hot"), (25, "Warm"), (26, "Cold")];
/// Options of a person's label.
pub(crate) const PERSON_LABELS: &[(u64, &str)] = &[(5, "Customer"), (6, "Prospect")];

/// Kinds of activity, each with its usual subject.
pub(crate) const ACTIVITIES: &[(&str, &str)] = &[
    ("call", "Call about open questions"),
    ("meeting", "Product demo"),
    ("email", "Send proposal"),
    ("task", "Prepare offer"),
    ("deadline", "Offer expires"),
];

/// Currencies beside the account's own, when several are asked for.
pub(crate) const CURRENCIES: &[&str] = &["EUR", "USD", "GBP", "PLN", "JPY"];
/// A currency without a minor unit.
pub(crate) const WHOLE: &str = "JPY";
/// What `GET /v1/currencies` tells: code, name, symbol, digits after the point.
pub(crate) const CURRENCY_NAMES: &[(&str, &str, &str, u8)] = &[
    ("EUR", "Euro", "€", 2),
    ("USD", "US Dollar", "$", 2),
    ("GBP", "British Pound Sterling", "£", 2),
    ("PLN", "Polish Zloty", "zł", 2),
    ("JPY", "Japanese Yen", "¥", 0),
];

/// Labels of leads: id, name, colour.
pub(crate) const LEAD_LABELS: &[(&str, &str, &str)] = &[
    ("f08b42a0-4e75-11ea-9643-03698ef1cfd6", "Hot", "red"),
    ("f08b42a1-4e75-11ea-9643-03698ef1cfd6", "Cold", "blue"),
    ("f08b69b0-4e75-11ea-9643-03698ef1cfd6", "Warm", "yellow"),
];

/// Every `source_name` that a lead can have.
pub(crate) const LEAD_SOURCES: &[&str] = &[
    "Manually created",
    "Deal",
    "Web forms",
    "Prospector",
    "Leadbooster",
    "Live chat",
    "Import",
    "Website visitors",
    "Workflow automation",
    "API",
];

/// One custom field of each kind, with the labels of its options.
pub(crate) const EVERY_FIELD: &[(Kind, &str, &[&str])] = &[
    (Kind::Varchar, "Contract number", &[]),
    (Kind::Text, "Remarks", &[]),
    (Kind::VarcharAuto, "Reseller", &[]),
    (Kind::Double, "Score", &[]),
    (Kind::Monetary, "Yearly fee", &[]),
    (Kind::Date, "Contract begins", &[]),
    (Kind::DateRange, "Service period", &[]),
    (Kind::Time, "Call at", &[]),
    (Kind::TimeRange, "Opening hours", &[]),
    (Kind::Enum, "Tier", &["Gold", "Silver", "Bronze"]),
    (
        Kind::Set,
        "Interests",
        &["Reporting", "Automation", "Telephony", "Forecasts"],
    ),
    (Kind::User, "Account manager", &[]),
    (Kind::Org, "Pays the bills", &[]),
    (Kind::People, "Technical contact", &[]),
    (Kind::Phone, "Support line", &[]),
    (Kind::Address, "Site", &[]),
];

/// Fields that Pipedrive itself defines: collection, code, name, kind.
pub(crate) const STANDARD_FIELDS: &[(&str, &str, &str, &str)] = &[
    ("dealFields", "title", "Title", "varchar"),
    ("dealFields", "value", "Value", "monetary"),
    ("dealFields", "stage_id", "Stage", "stage"),
    ("dealFields", "owner_id", "Owner", "user"),
    ("dealFields", "person_id", "Contact person", "people"),
    ("dealFields", "org_id", "Organization", "org"),
    ("dealFields", "expected_close_date", "Expected close date", "date"),
    ("dealFields", "lost_reason", "Lost reason", "varchar_options"),
    ("dealFields", "channel", "Source channel", "enum"),
    ("dealFields", "channel_id", "Source channel ID", "varchar"),
    ("dealFields", "label_ids", "Label", "enum"),
    ("personFields", "name", "Name", "varchar"),
    ("personFields", "emails", "Email", "varchar"),
    ("personFields", "phones", "Phone", "phone"),
    ("personFields", "org_id", "Organization", "org"),
    ("personFields", "owner_id", "Owner", "user"),
    ("personFields", "label_ids", "Label", "enum"),
    ("organizationFields", "name", "Name", "varchar"),
    ("organizationFields", "address", "Address", "address"),
    ("organizationFields", "owner_id", "Owner", "user"),
    ("organizationFields", "website", "Website", "varchar"),
    (
        "organizationFields",
        "employee_count",
        "Number of employees",
        "int",
    ),
    ("organizationFields", "industry", "Industry", "enum"),
];

/// What people write down.
pub(crate) const NOTES: &[&str] = &[
    "Wants a second demo with the whole team.",
    "Budget is decided in the next quarter.",
    "Compares us with two others.",
    "Asked for a reference in the same trade.",
    "Prefers to be called in the morning.",
];

/// What is on the list of products: name and description.
pub(crate) const PRODUCTS: &[(&str, &str)] = &[
    ("Licence, per seat", "One seat for one year."),
    ("Onboarding", "Two days on site."),
    ("Support, gold", "Answers within an hour."),
    ("Data import", "From spreadsheets or another system."),
];
