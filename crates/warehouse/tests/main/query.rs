//! Values into SQL and answers out of it, without loss and without a way to be SQL.
use std::sync::LazyLock;

use proptest::prelude::*;
use tokio::runtime::Runtime;
use warehouse::{Class, Config, Limits, Param, Warehouse};

use crate::database;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
/// One pool for all cases of the property tests: its connections live in the runtime above.
static WAREHOUSE: LazyLock<Warehouse> = LazyLock::new(|| RUNTIME.block_on(database::created()));

fn echo(text: String, texts: Vec<String>) -> (String, Vec<String>) {
    let parameters = [("text", Param::Text(text)), ("texts", Param::Texts(texts))];
    let sql = "SELECT {text:String}, {texts:Array(String)}";
    RUNTIME
        .block_on(WAREHOUSE.select(sql, &parameters))
        .unwrap()
        .remove(0)
}

/// Text made of what trips parsers.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}".prop_map(|text| text),
        prop::sample::select(vec![
            "'",
            "\"",
            "\\",
            "`",
            "\n",
            "\r",
            "\t",
            "\0",
            "\u{8}",
            "\u{c}",
            "\\N",
            "\\'",
            "''",
            ",",
            "[",
            "]",
            "(",
            ")",
            "{x:String}",
            "?",
            "??",
            ";",
            "--",
            "/*",
            "😀",
            "é",
            "\u{202e}",
            "\r\n--boundary",
            "NULL",
            "%27"
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn text_and_lists_come_back_as_they_went(text in tricky(), texts in prop::collection::vec(tricky(), 0..5)) {
        let (back, backs) = echo(text.clone(), texts.clone());
        prop_assert_eq!(back, text);
        prop_assert_eq!(backs, texts);
    }
}

#[test]
fn each_tricky_character_comes_back_alone() {
    for code in (0..=0x17f).chain([0x2028, 0x202e, 0xfeff, 0xfffd, 0x1f600]) {
        let text = char::from_u32(code).unwrap_or('x').to_string();
        let (back, backs) = echo(text.clone(), vec![text.clone(), format!("a{text}b")]);
        assert_eq!(
            (&back, &backs),
            (&text, &vec![text.clone(), format!("a{text}b")]),
            "U+{code:04x}"
        );
    }
}

#[tokio::test]
async fn an_answer_keeps_large_numbers_and_money_as_strings() {
    let warehouse = database::created().await;
    let sql = "SELECT {id:UInt64} AS id, toDecimal64('12345678901234.5678', 4) AS amount, {ids:Array(UInt64)} AS ids";
    let parameters = [
        ("id", Param::UInt(u64::MAX)),
        ("ids", Param::UInts(vec![1, u64::MAX])),
    ];
    let answer = warehouse
        .query(sql, &parameters, &Limits::default())
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let row = serde_json::json!([[
        "18446744073709551615",
        "12345678901234.5678",
        ["1", "18446744073709551615"]
    ]]);
    assert_eq!(answer["data"], row);
    assert_eq!(answer["meta"][1]["type"], "Decimal(18, 4)");
}

#[tokio::test]
async fn limits_are_kept() {
    let warehouse = database::created().await;
    let limits = Limits {
        rows_max: 10,
        ..Limits::default()
    };
    let refused = warehouse
        .query("SELECT number FROM numbers(1000)", &[], &limits)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("code 396"), "{refused}");
    let limits = Limits {
        seconds_max: 1,
        ..Limits::default()
    };
    let refused = warehouse
        .query("SELECT sum(sleepEachRow(1)) FROM numbers(3)", &[], &limits)
        .await
        .unwrap_err();
    assert_eq!(refused.class(), Class::Retry, "{refused}");
}

#[tokio::test]
async fn a_reading_user_may_ask_with_parameters_and_change_nothing() {
    let server = local::testing::clickhouse();
    if server.dashboard_user.is_empty() {
        return;
    }
    let owner = database::created().await;
    owner
        .execute("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
        .await
        .unwrap();
    owner.execute("INSERT INTO t VALUES (7)").await.unwrap();
    let config = Config {
        url: server.url.clone(),
        user: server.dashboard_user.clone(),
        password: Some(server.dashboard_password.clone().into()),
        database: owner.database().to_owned(),
        ..Config::default()
    };
    let reader = Warehouse::connect(&config).unwrap();
    let sql = "SELECT id FROM t WHERE has({ids:Array(UInt64)}, id)";
    let answer = reader
        .query(sql, &[("ids", Param::UInts(vec![7]))], &Limits::default())
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("[\"7\"]"));
    assert_eq!(
        reader
            .execute("INSERT INTO t VALUES (8)")
            .await
            .unwrap_err()
            .class(),
        Class::Fatal
    );
    assert_eq!(
        reader.execute("DROP TABLE t").await.unwrap_err().class(),
        Class::Fatal
    );
}
