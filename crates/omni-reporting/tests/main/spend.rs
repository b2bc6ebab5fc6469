//! Spend beside won deals: the board of marketing tells the very deals that the board of deals tells, and the newest import.
use std::sync::Arc;

use omni_reporting::board::{Board, Preferences};
use omni_reporting::check::answers::{Asked, Asker as Questions};
use omni_reporting::state::State;
use rust_decimal::Decimal;
use template::Registry;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fixture::{Order, TEMPLATE, place};
use crate::golden::{Asker, Rows, named, number};

const SPEND: &str = "marketing-spend/1.0";
const NOW: &str = "2026-04-02T10:00:00Z";

/// What both boards may be asked.
const CHOICES: [&str; 5] = [
    "period=last_month&tz=Europe/Berlin",
    "period=last_month&tz=America/New_York&currency=USD",
    "period=last_month&source=google",
    "period=last_quarter&tz=Europe/Berlin&source=google,(not set)&campaign=spring,(not set)",
    "period=last_month&company=2002",
];

/// The deals' board over the same rows.
struct Deals {
    board: Arc<Board>,
    questions: Questions,
}

impl Deals {
    fn beside(asker: &Asker) -> Self {
        let family = Registry::builtin().unwrap().family(TEMPLATE).unwrap();
        let board = Arc::new(Board::load(&family, &Preferences::default()).unwrap());
        let reader = place().reader;
        let questions = Questions::new(&asker.database, Arc::clone(&board), reader.as_ref()).unwrap();
        Self { board, questions }
    }

    async fn won_value(&self, query: &str) -> Rows {
        let state = State::read(query, &self.board.declared).unwrap();
        let choice = Asked {
            state: &state,
            now: OffsetDateTime::parse(NOW, &Rfc3339).unwrap(),
            top: 20,
        };
        let statement = &self.board.panel("won_value").unwrap().statement;
        named(&self.questions.ask(statement, &choice).await.unwrap())
    }
}

fn sums(rows: &Rows, columns: [&str; 4]) -> Vec<(String, [Decimal; 4])> {
    let mut sums: Vec<(String, [Decimal; 4])> = Vec::new();
    for row in rows {
        let currency = row["currency"].as_str().unwrap().to_owned();
        let figures = columns.map(|column| number(row, column));
        match sums.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => sum
                .iter_mut()
                .zip(figures)
                .for_each(|(sum, figure)| *sum += figure),
            None => sums.push((currency, figures)),
        }
    }
    // A currency in which money was spent and nothing won has no row on the board of deals.
    sums.retain(|(_, figures)| figures.iter().any(|figure| !figure.is_zero()));
    sums.sort();
    sums
}

#[tokio::test]
async fn won_deals_are_those_of_the_board_of_deals() {
    const FIGURES: [&str; 4] = [
        "won_value",
        "won_deals",
        "unconverted_deals",
        "deals_without_value",
    ];
    let asker = Asker::of(SPEND, Order::AsWritten).await;
    let deals = Deals::beside(&asker);
    let mut compared = 0;
    for rates in [false, true] {
        if rates {
            asker.database.load_rates().await;
        }
        for query in CHOICES {
            let theirs = sums(&deals.won_value(query).await, FIGURES);
            for panel in ["spend_by_source", "spend_by_campaign"] {
                for top in [1, 20] {
                    let ours = sums(&named(&asker.ask(panel, query, NOW, top).await), FIGURES);
                    assert_eq!(ours, theirs, "{panel}, {query}, {top} rows, rates {rates}");
                }
            }
            compared += theirs.len();
        }
    }
    assert!(compared >= 10, "only {compared} sums were compared");
}
