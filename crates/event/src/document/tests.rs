//! A document is what `serde_json` makes of the same text, whatever the text.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn map(text: &str) -> Map {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_text_is_compact_and_by_name_and_of_a_name_that_stands_twice_the_last() {
    let text = r#" { "b" : [ 1, {"d": 1, "c": 2} ] , "a":1.50, "b": "x\u00e9\/", "" : null, "a\"b": true, "c": "1e3" } "#;
    let document = Document::parse(text).unwrap();
    assert_eq!(
        document.as_str(),
        r#"{"":null,"a":1.50,"a\"b":true,"b":"xé/","c":"1e3"}"#
    );
    assert_eq!(document.get("b"), Some(&json!("xé/")));
    assert_eq!(document.get("a").unwrap().to_string(), "1.50");
    assert_eq!(
        (document.get("a\"b"), document.get("")),
        (Some(&json!(true)), Some(&json!(null)))
    );
    assert_eq!((document.get("d"), document.contains_key("c")), (None, true));
}

#[test]
fn what_no_tree_can_be_made_of_is_refused() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    for text in [
        deep.as_str(),
        r#"{"a":"\ud800"}"#,
        r#"{"\ud800":1}"#,
        "[]",
        "1",
        "",
        "{",
    ] {
        assert!(Document::parse(text).is_none(), "{text}");
    }
    assert_eq!(Document::parse("{}"), Some(Document::default()));
    assert!(Document::default().is_empty());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?[1-9][0-9]{0,20}(\\.[0-9]{1,9})?".prop_map(|digits| serde_json::from_str(&digits).unwrap()),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn it_is_what_the_library_reads(whole in prop::collection::btree_map(".{0,6}", any_value(), 0..12), pretty in any::<bool>()) {
        let whole: Map = whole.into_iter().collect();
        let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) }.unwrap();
        let document = Document::parse(&text).unwrap();
        prop_assert_eq!(&document.to_map(), &whole);
        prop_assert_eq!(&document, &Document::from(whole.clone()));
        for (name, value) in &whole {
            prop_assert_eq!(document.get(name), Some(value));
        }
        prop_assert_eq!(document.get("no such name"), None);
        let again = Document::parse(document.as_str()).unwrap();
        prop_assert_eq!(again.as_str(), document.as_str());
    }

    #[test]
    fn whatever_the_library_reads_is_a_document(text in "\\{(\"[a-c\\\\\"u0]{0,4}\": ?(1|\"[a\\\\\"u0-9]{0,6}\"|\\[1 ?\\])(, )?){0,4}\\}") {
        let library = serde_json::from_str::<Map>(&text).ok();
        let document = Document::parse(&text);
        prop_assert_eq!(document.map(|document| document.to_map()), library);
    }
}

#[test]
fn a_writer_puts_a_comma_where_one_belongs() {
    let mut text = Vec::new();
    let mut out = ObjectWriter::open(&mut text);
    out.put_all("{}");
    out.put_all(r#"{"a":1}"#);
    out.put_some("none", None::<u8>);
    out.object("b").close();
    let mut inner = out.object("c");
    inner.put_plain("d", "e");
    inner.put_all(r#"{"f":[]}"#);
    inner.close();
    out.close();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text, r#"{"a":1,"b":{},"c":{"d":"e","f":[]}}"#);
    assert_eq!(map(&text).len(), 3);
}
