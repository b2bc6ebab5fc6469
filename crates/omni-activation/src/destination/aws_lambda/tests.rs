//! Which function is called where, what is refused at the start, and that the payload tells its event.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::config::DestinationKind;

fn made(url: &str, own: &Value) -> Result<AwsLambda, Refused> {
    on(url, own, &[])
}

fn on(url: &str, own: &Value, variables: &[(&str, &str)]) -> Result<AwsLambda, Refused> {
    let keys = json!({"access_key_id": "AKIA", "secret_access_key": "secret"});
    let mut own = own.clone();
    for (key, value) in keys.as_object().unwrap() {
        own.as_object_mut().unwrap().insert(key.clone(), value.clone());
    }
    let settings = DestinationSettings {
        kind: DestinationKind::AwsLambda,
        url: url.to_owned(),
        aws_lambda: Some(serde_json::from_value(own).unwrap()),
        ..DestinationSettings::default()
    };
    AwsLambda::on(&settings, &PlatformVariables::given(variables, None))
}

#[test]
fn a_function_is_where_its_region_is() {
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:omni";
    for (url, own, address, region) in [
        (
            "",
            json!({"function": "omni", "region": "eu-central-1"}),
            "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/omni/invocations",
            "eu-central-1",
        ),
        (
            "",
            json!({"function": arn, "qualifier": "$LATEST"}),
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/\
             arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aomni/invocations?Qualifier=%24LATEST",
            "eu-west-1",
        ),
        (
            "",
            json!({"function": "omni", "region": "cn-north-1"}),
            "https://lambda.cn-north-1.amazonaws.com.cn/2015-03-31/functions/omni/invocations",
            "cn-north-1",
        ),
        (
            "https://vpce-1-2.lambda.us-east-2.vpce.amazonaws.com",
            json!({"function": "omni"}),
            "https://vpce-1-2.lambda.us-east-2.vpce.amazonaws.com/2015-03-31/functions/omni/invocations",
            "us-east-2",
        ),
        (
            "http://127.0.0.1:9001/aws/",
            json!({"function": "omni", "auth": "none"}),
            "http://127.0.0.1:9001/aws/2015-03-31/functions/omni/invocations",
            "",
        ),
        (
            "https://abc.lambda-url.eu-central-1.on.aws/in?x=1",
            json!({}),
            "https://abc.lambda-url.eu-central-1.on.aws/in?x=1",
            "eu-central-1",
        ),
    ] {
        let lambda = made(url, &own).unwrap();
        assert_eq!(
            (lambda.target.url.as_str(), lambda.target.region.as_str()),
            (address, region)
        );
    }
}

#[test]
fn a_region_that_nobody_says_is_the_platforms() {
    let region = |variables: &[(&str, &str)]| {
        let lambda = on("", &json!({"function": "omni"}), variables);
        lambda.map(|lambda| lambda.target.region)
    };
    let default = ("AWS_DEFAULT_REGION", "eu-north-1");
    assert_eq!(region(&[default]).unwrap(), "eu-north-1");
    assert_eq!(
        region(&[default, ("AWS_REGION", "eu-south-1")]).unwrap(),
        "eu-south-1"
    );
    assert!(region(&[]).unwrap_err().to_string().contains("region"));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let here = "https://abc.lambda-url.eu-central-1.on.aws/";
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:omni";
    for (url, own, part) in [
        ("", json!({}), "aws_lambda.function"),
        (
            "",
            json!({"function": "a/b", "region": "eu-west-1"}),
            "neither a name nor an ARN",
        ),
        ("", json!({"function": arn, "region": "eu-west-2"}), "two regions"),
        ("", json!({"function": "f", "region": "eu west"}), "is none"),
        (
            "",
            json!({"function": "f", "region": "eu-west-1", "auth": "none"}),
            "wants a signature",
        ),
        (here, json!({"function": "f"}), "one of them"),
        (here, json!({"qualifier": "live"}), "qualifier"),
        (here, json!({"invocation": "event"}), "always answers"),
        ("https://events.example.com/", json!({}), "region"),
        (here, json!({"events_max": 0}), "events_max"),
    ] {
        let refused = made(url, &own).unwrap_err().to_string();
        assert!(refused.contains(part), "{own}: {refused}");
    }
    let settings = DestinationSettings {
        secret: "whsec".to_owned().into(),
        ..DestinationSettings::default()
    };
    let refused = AwsLambda::on(&settings, &PlatformVariables::default()).unwrap_err();
    assert!(refused.to_string().contains("secret_access_key"));
}

#[test]
fn the_payload_names_its_event_and_is_otherwise_as_it_was() {
    let lambda = made("", &json!({"function": "f", "region": "eu-west-1"})).unwrap();
    let uuid = Uuid::from_u128(7);
    let said = |flat: &str, mapped: &str| {
        let said = lambda.say(&Event::new(uuid, flat.as_bytes()), mapped.as_bytes(), 0);
        said.map(|said| String::from_utf8(said.body).unwrap())
    };
    let flat = r#"{ "event_uuid": "own",  "deal_value": 1.50 }"#;
    assert_eq!(said(flat, flat).unwrap(), flat);
    let mapped = r#"{"value":1.50}"#;
    let named = format!(r#"{{"event_uuid":"{uuid}","value":1.50}}"#);
    assert_eq!(said(flat, mapped).unwrap(), named);
    assert_eq!(said("[]", "[]"), Err(Unfit::NotFlat));
}

#[test]
fn a_payload_has_room_for_what_lambda_takes_and_no_more() {
    let takes = |own: Value| made("", &own).unwrap().takes();
    let function = |events_max: usize, invocation: &str| json!({"function": "f", "region": "eu-west-1", "events_max": events_max, "invocation": invocation});
    let one = takes(function(1, "request_response"));
    assert_eq!(one.bytes_max, 6 * 1024 * 1024);
    let later = takes(function(1, "event"));
    assert_eq!(later.bytes_max, 1024 * 1024);
    // The longest list there can be.
    let several = takes(function(10, "event"));
    let body = vec![b'1'; several.bytes_max / 10];
    let said = |_| Said {
        uuid: Uuid::nil(),
        url: "https://example.com".parse().unwrap(),
        body: body.clone(),
    };
    let said: Vec<Said> = (0..10).map(said).collect();
    let list = listed(&said.iter().collect::<Vec<_>>());
    assert!(
        list.len() <= 1024 * 1024 && list.len() + 10 > 1024 * 1024,
        "{}",
        list.len()
    );
}
