//! Invented people, firms and places. Domains end in `.example`, phone numbers lie in ranges kept for fiction.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::entity::organization::Address;

/// One of a list; the lists of this crate are never empty.
pub(crate) fn one_of<T: Copy>(rng: &mut ChaCha8Rng, list: &'static [T], fallback: T) -> T {
    let place = rng.random_range(0..list.len().max(1) as u64) as usize;
    list.get(place).copied().unwrap_or(fallback)
}

/// One of a list that may be empty.
pub(crate) fn pick(rng: &mut ChaCha8Rng, list: &[u64]) -> Option<u64> {
    let place = rng.random_range(0..list.len().max(1) as u64) as usize;
    list.get(place).copied()
}

/// True `permille` times in a thousand.
pub(crate) fn chance(rng: &mut ChaCha8Rng, permille: u32) -> bool {
    rng.random_range(0..1_000_u32) < permille
}

/// A person's first and last name.
pub(crate) fn person(rng: &mut ChaCha8Rng) -> (String, String) {
    (
        one_of(rng, FIRST, "Ada").to_owned(),
        one_of(rng, LAST, "Berg").to_owned(),
    )
}

/// A firm's name, and the domain that belongs to it.
pub(crate) fn firm(rng: &mut ChaCha8Rng) -> (String, String) {
    let (root, trade) = (one_of(rng, ROOTS, "Nordlicht"), one_of(rng, TRADES, "Logistics"));
    let name = match rng.random_range(0..4_u32) {
        0 => format!("{root} {trade} {}", one_of(rng, FORMS, "GmbH")),
        1 => format!("{root} & {} {trade}", one_of(rng, LAST, "Berg")),
        _ => format!("{root} {trade}"),
    };
    (name, format!("{}-{}.example", ascii(root), ascii(trade)))
}

/// A mailbox at a firm's domain.
pub(crate) fn mailbox(first: &str, last: &str, domain: &str) -> String {
    format!("{}.{}@{domain}", ascii(first), ascii(last))
}

/// A telephone number nobody has.
pub(crate) fn phone(rng: &mut ChaCha8Rng) -> String {
    let number = rng.random_range(0..1_000_u32);
    match rng.random_range(0..4_u32) {
        0 => format!("+44 20 7946 0{number:03}"),
        1 => format!("+1 202-555-01{:02}", number % 100),
        2 => format!("030 23125 {number:03}"),
        _ => format!("+49 30 23125 {number:03}"),
    }
}

/// Where a firm sits.
pub(crate) fn address(rng: &mut ChaCha8Rng) -> Address {
    let fallback = ("Lindenweg", "04109", "Leipzig", "Sachsen", "Germany", "DE");
    let (street, postal_code, city, region, country, country_code) = one_of(rng, PLACES, fallback);
    let number = rng.random_range(1..140_u32);
    Address {
        street,
        number,
        postal_code,
        city,
        region,
        country,
        country_code,
    }
}

/// Lower case, without anything that a mailbox cannot hold.
fn ascii(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' => plain.push_str("ae"),
            'ö' | 'ø' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'é' | 'è' => plain.push('e'),
            'ł' => plain.push('l'),
            'á' => plain.push('a'),
            'ñ' => plain.push('n'),
            letter if letter.is_ascii_alphanumeric() => plain.push(letter),
            _ => {}
        }
    }
    plain
}

const FIRST: &[&str] = &[
    "Ada", "Anna", "Béla", "Carla", "Daniel", "Elif", "Emma", "Felix", "Greta", "Hannah", "Ines", "Ivo",
    "Jakub", "Jonas", "Karin", "Lea", "Lena", "Luca", "Malik", "Maria", "Marta", "Mateo", "Mina", "Nadia",
    "Noah", "Nora", "Oskar", "Paula", "Pedro", "Rasmus", "Rosa", "Samuel", "Sofia", "Sören", "Tariq",
    "Tessa", "Theo", "Vera", "Wanda", "Yusuf",
];

const LAST: &[&str] = &[
    "Adler",
    "Baumann",
    "Berg",
    "Castro",
    "Dahl",
    "Demir",
    "Engel",
    "Ferrari",
    "Fischer",
    "Grønberg",
    "Haas",
    "Hoffmann",
    "Ivanova",
    "Jansen",
    "Kaya",
    "Keller",
    "Kowalska",
    "Lang",
    "Lindqvist",
    "Lorenz",
    "Marek",
    "Moreau",
    "Nguyen",
    "Novák",
    "Okafor",
    "Olsen",
    "Pérez",
    "Peters",
    "Rossi",
    "Santos",
    "Schäfer",
    "Silva",
    "Sommer",
    "Tanaka",
    "Urban",
    "Vogel",
    "Wagner",
    "Weiss",
    "Winter",
    "Zając",
];

const ROOTS: &[&str] = &[
    "Alpenblick",
    "Amberfield",
    "Birkenhof",
    "Bluewater",
    "Brightline",
    "Cedarpoint",
    "Clearbrook",
    "Dunewind",
    "Eichental",
    "Fairhaven",
    "Fjordkant",
    "Goldregen",
    "Greystone",
    "Harbourlight",
    "Highmoor",
    "Isarwerk",
    "Kestrel",
    "Kupferberg",
    "Larkspur",
    "Linden",
    "Meridian",
    "Moorland",
    "Nordlicht",
    "Northgate",
    "Oakridge",
    "Ostsee",
    "Pinecrest",
    "Quellbach",
    "Rheinufer",
    "Riverbend",
    "Rosenthal",
    "Silbermond",
    "Stonebridge",
    "Sturmvogel",
    "Südhang",
    "Tidewater",
    "Underhill",
    "Vogelsang",
    "Waldstein",
    "Weststern",
];

const TRADES: &[&str] = &[
    "Analytics",
    "Architects",
    "Bakery",
    "Brewing",
    "Cargo",
    "Ceramics",
    "Clinics",
    "Consulting",
    "Dental",
    "Energy",
    "Fitness",
    "Foods",
    "Furniture",
    "Gardens",
    "Hotels",
    "Insurance",
    "Interiors",
    "Labs",
    "Legal",
    "Logistics",
    "Machines",
    "Media",
    "Mobility",
    "Optics",
    "Outdoor",
    "Packaging",
    "Pharma",
    "Print",
    "Robotics",
    "Security",
    "Software",
    "Solar",
    "Sports",
    "Studios",
    "Systems",
    "Textiles",
    "Tools",
    "Travel",
    "Ventures",
    "Water",
];

const FORMS: &[&str] = &["GmbH", "AG", "Ltd", "SA", "BV", "AB", "Oy", "s.r.o."];

const PLACES: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("Lindenweg", "04109", "Leipzig", "Sachsen", "Germany", "DE"),
    ("Hafenstraße", "20457", "Hamburg", "Hamburg", "Germany", "DE"),
    ("Am Kanal", "10999", "Berlin", "Berlin", "Germany", "DE"),
    ("Rua do Sol", "1200-109", "Lisboa", "Lisboa", "Portugal", "PT"),
    (
        "Calle Mayor",
        "28013",
        "Madrid",
        "Comunidad de Madrid",
        "Spain",
        "ES",
    ),
    (
        "Mill Lane",
        "BS1 4RT",
        "Bristol",
        "England",
        "United Kingdom",
        "GB",
    ),
    (
        "Harbour Road",
        "EH6 6LX",
        "Edinburgh",
        "Scotland",
        "United Kingdom",
        "GB",
    ),
    ("Pikk", "10123", "Tallinn", "Harju maakond", "Estonia", "EE"),
    ("Ulica Długa", "31-146", "Kraków", "Małopolskie", "Poland", "PL"),
    (
        "Sveavägen",
        "113 50",
        "Stockholm",
        "Stockholms län",
        "Sweden",
        "SE",
    ),
    (
        "Rue des Lilas",
        "69003",
        "Lyon",
        "Auvergne-Rhône-Alpes",
        "France",
        "FR",
    ),
    ("Getreidegasse", "5020", "Salzburg", "Salzburg", "Austria", "AT"),
];
