//! Every column type, from a typed value through a native block into a table and back.
use template::Value;
use template::column::ColumnType;
use uuid::Uuid;
use warehouse::{Block, Insert};

use crate::database;

/// Column, type, two values, and what the server says they are.
#[expect(clippy::too_many_lines, reason = "a table: one row a type")]
fn cases() -> Vec<(&'static str, &'static str, [Value<'static>; 2], [&'static str; 2])> {
    let uuid = Uuid::parse_str("df47d877-b58c-4886-91cd-1aa83e1d7367").unwrap();
    let text = |bytes: &'static [u8]| Value::Text(bytes.into());
    vec![
        (
            "a_text",
            "String",
            [text(b""), text(b"a\0b'\\\n\xff")],
            ["", "6100625C275C5C5C6EFF"],
        ),
        (
            "b_low",
            "LowCardinality(String)",
            [Value::text("x"), Value::text("ü😀")],
            ["x", "ü😀"],
        ),
        (
            "c_bool",
            "Bool",
            [Value::Bool(false), Value::Bool(true)],
            ["false", "true"],
        ),
        ("d_u8", "UInt8", [Value::UInt(0), Value::UInt(255)], ["0", "255"]),
        (
            "e_u16",
            "UInt16",
            [Value::UInt(0), Value::UInt(65535)],
            ["0", "65535"],
        ),
        (
            "f_u32",
            "UInt32",
            [Value::UInt(0), Value::UInt(4_294_967_295)],
            ["0", "4294967295"],
        ),
        (
            "g_u64",
            "UInt64",
            [Value::UInt(0), Value::UInt(u64::MAX)],
            ["0", "18446744073709551615"],
        ),
        (
            "h_f64",
            "Float64",
            [Value::Float(0.5), Value::Float(-1.25)],
            ["0.5", "-1.25"],
        ),
        (
            "i_money",
            "Decimal(18, 4)",
            [Value::Decimal(1), Value::Decimal(-999_999_999_999_999_999)],
            ["0.0001", "-99999999999999.9999"],
        ),
        (
            "j_time",
            "DateTime64(6, 'UTC')",
            [
                Value::Micro(-2_208_988_800_000_000),
                Value::Micro(1_725_294_540_402_495),
            ],
            ["1900-01-01 00:00:00.000000", "2024-09-02 16:29:00.402495"],
        ),
        (
            "k_seconds",
            "DateTime('UTC')",
            [Value::Micro(0), Value::Micro(1_725_294_540_999_999)],
            ["1970-01-01 00:00:00", "2024-09-02 16:29:00"],
        ),
        (
            "l_day",
            "Date",
            [Value::Days(0), Value::Days(18_430)],
            ["1970-01-01", "2020-06-17"],
        ),
        (
            "m_day32",
            "Date32",
            [Value::Days(-25_567), Value::Days(120_529)],
            ["1900-01-01", "2299-12-31"],
        ),
        (
            "n_uuid",
            "UUID",
            [Value::Uuid(Uuid::nil()), Value::Uuid(uuid)],
            [
                "00000000-0000-0000-0000-000000000000",
                "df47d877-b58c-4886-91cd-1aa83e1d7367",
            ],
        ),
        (
            "o_maybe",
            "Nullable(Decimal(18, 4))",
            [Value::Null, Value::Decimal(25_000)],
            ["\\N", "2.5"],
        ),
        (
            "p_maybe",
            "LowCardinality(Nullable(String))",
            [Value::Null, Value::text("")],
            ["\\N", ""],
        ),
        (
            "q_maybe",
            "Nullable(DateTime64(6, 'UTC'))",
            [Value::Micro(0), Value::Null],
            ["1970-01-01 00:00:00.000000", "\\N"],
        ),
        (
            "r_maybe",
            "Nullable(Date32)",
            [Value::Null, Value::Days(-1)],
            ["\\N", "1969-12-31"],
        ),
        (
            "s_list",
            "Array(String)",
            [
                Value::List(vec![]),
                Value::List(vec![Value::text("a"), Value::text("")]),
            ],
            ["[]", "['a','']"],
        ),
        (
            "t_list",
            "Array(UInt64)",
            [Value::List(vec![Value::UInt(7)]), Value::List(vec![])],
            ["[7]", "[]"],
        ),
        (
            "u_list",
            "Array(Nullable(Date32))",
            [
                Value::List(vec![Value::Null, Value::Days(1)]),
                Value::List(vec![]),
            ],
            ["[NULL,'1970-01-02']", "[]"],
        ),
        (
            "v_list",
            "Array(Bool)",
            [
                Value::List(vec![Value::Bool(true), Value::Bool(false)]),
                Value::List(vec![]),
            ],
            ["[true,false]", "[]"],
        ),
    ]
}

#[tokio::test]
async fn every_column_type_makes_the_round_trip() {
    let warehouse = database::created().await;
    let cases = cases();
    let columns: Vec<_> = cases.iter().map(|(name, kind, ..)| (*name, *kind)).collect();
    let ddl: Vec<_> = columns
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    let create = format!(
        "CREATE TABLE typed (row UInt8, insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3), {}, \
         CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline) ENGINE = MergeTree ORDER BY row SETTINGS allow_nullable_key = 1",
        ddl.join(", ")
    );
    warehouse.execute(&create).await.unwrap();
    let mut named = vec![("row", "UInt8")];
    named.extend(&columns);
    let table = database::table("typed", &named);
    warehouse.check(&table).await.unwrap();

    let mut block = Block::new(table.columns());
    for row in 0..2 {
        let mut values = vec![Value::UInt(row as u64)];
        values.extend(cases.iter().map(|(_, _, values, _)| values[row].clone()));
        block.push(table.columns(), &values).unwrap();
    }
    assert!(block.rows() == 2 && block.bytes() > 100);
    let deadline = warehouse.insert_deadline().await.unwrap();
    warehouse
        .insert(&Insert {
            table: &table,
            block: &block,
            token: "t",
            deadline,
        })
        .await
        .unwrap();

    for (name, kind, _, expected) in cases {
        let shown = match name {
            "a_text" => "if(a_text = '', '', '6100625C275C5C5C6EFF')".to_owned(),
            _ if kind.contains("Nullable") && !kind.starts_with("Array") => {
                format!("ifNull(toString({name}), '\\\\N')")
            }
            _ => format!("toString({name})"),
        };
        let sql = format!("SELECT {shown} FROM typed ORDER BY row");
        let rows: Vec<(String,)> = warehouse.select(&sql, &[]).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|(text,)| text.as_str()).collect();
        assert_eq!(rows, expected, "{name} {kind}");
    }
    let hex: Vec<(String,)> = warehouse
        .select("SELECT hex(a_text) FROM typed ORDER BY row", &[])
        .await
        .unwrap();
    assert_eq!(
        hex[1].0, "610062275C0AFF",
        "bytes that are no UTF-8 stay as they are"
    );
}

#[tokio::test]
async fn a_value_of_another_kind_is_refused_before_it_is_sent() {
    let table = database::table("t", &[("id", "UInt8"), ("word", "String")]);
    for row in [
        [Value::UInt(256), Value::text("")],
        [Value::UInt(1), Value::Null],
        [Value::UInt(1), Value::List(vec![])],
    ] {
        assert!(Block::new(table.columns()).push(table.columns(), &row).is_err());
    }
    assert!(
        Block::new(table.columns())
            .push(table.columns(), &[Value::UInt(1)])
            .is_err()
    );
    assert!(ColumnType::parse("Int8").is_err());
}
