//! The list of flat fields: each key once, patterns apart, founding keys complete.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_key_is_listed_once() {
    let names: BTreeSet<_> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names.len(), FIELDS.len());
    for field in FIELDS {
        assert_eq!(super::field(field.name), Some(field));
        assert_eq!(kind_of(field.name), Some(field.kind));
        assert_eq!(is_founding(field.name), field.founding);
        assert_eq!(field.place == Place::Made, field.key.is_empty(), "{}", field.name);
    }
}

#[test]
fn no_fixed_key_looks_like_one_of_the_many() {
    for field in FIELDS {
        assert_eq!(patterns::kind_of(field.name), None, "{}", field.name);
    }
}

#[test]
fn the_article_s_keys_are_all_founding() {
    let founding = FIELDS.iter().filter(|field| field.founding).count();
    // The flat example has 49 keys, ten of them of the numbered sources.
    assert_eq!(founding + 10, 49);
}

#[test]
fn sources_are_numbered_from_1_to_20() {
    assert_eq!(
        kind_of("email_validation_sources_1_domain"),
        Some(FieldKind::Text)
    );
    assert_eq!(
        kind_of("email_validation_sources_20_still_on_page"),
        Some(FieldKind::Boolean)
    );
    assert!(is_founding("email_validation_sources_2_last_seen_on"));
    let wrong = [
        "0_domain",
        "21_domain",
        "01_domain",
        "1_name",
        "_domain",
        "x_domain",
        "1",
    ];
    for rest in wrong {
        assert_eq!(
            kind_of(&format!("email_validation_sources_{rest}")),
            None,
            "{rest}"
        );
    }
    assert_eq!(email_source_key(3, "uri"), "email_validation_sources_3_uri");
}

#[test]
fn custom_fields_belong_to_four_objects() {
    for prefix in ["deal", "lead", "contact", "organization"] {
        assert_eq!(kind_of(&format!("{prefix}_custom_budget")), Some(FieldKind::Any));
        assert!(!is_founding(&format!("{prefix}_custom_budget")));
        assert_eq!(kind_of(&format!("{prefix}_custom_")), None);
    }
    assert_eq!(kind_of("activity_custom_budget"), None);
    assert_eq!(kind_of("deal_unheard_of"), None);
    assert!(!is_founding("deal_unheard_of"));
}

#[test]
fn a_slug_is_the_name_in_lower_case_words() {
    assert_eq!(slug("Marketing Source"), "marketing_source");
    assert_eq!(slug("  UTM -- campaign (2)! "), "utm_campaign_2");
    assert_eq!(slug("Größe"), "größe");
    assert_eq!(custom_key("deal_custom_", "Budget €"), "deal_custom_budget");
    assert!(slug("€").starts_with("field_") && slug("€").len() == 14);
    assert_ne!(slug("€"), slug("$"));
}

#[test]
fn every_object_with_keys_has_an_owner() {
    let owners: Vec<_> = "deal lead activity note product user stage pipeline person organization"
        .split(' ')
        .map(|word| Own::of(&Object::from(word)).unwrap())
        .collect();
    let expected = [
        Own::Deal,
        Own::Lead,
        Own::Activity,
        Own::Note,
        Own::Product,
        Own::User,
        Own::Stage,
        Own::Pipeline,
        Own::Person,
        Own::Organization,
    ];
    assert_eq!(owners, expected);
    assert_eq!(Own::of(&Object::ActivityType), None);
    assert_eq!(Own::of(&Object::from("task")), None);
}
