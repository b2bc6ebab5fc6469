//! Each place, and what follows where it has nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::Path;

use stage::outbound::StatusCode;

use super::*;
use crate::destination::Request;

/// What a machine has: a path or `METHOD address`, the status, the content.
type Machine<'m> = &'m [(&'m str, u16, &'m str)];

const ISSUED: &str = r#"{"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"issued","Token":"token",
    "Expiration":"2026-02-03T16:20:30Z"}"#;
const UNTIL: Option<i64> = Some(1_770_135_630);
const ECS: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/role");

fn chain(own: &Settings, variables: &[(&str, &str)]) -> Result<Chain, Refused> {
    let platform = PlatformVariables::given(variables, Some(Path::new("/home/omni")));
    Chain::new(own, &platform)
}

fn from(source: CredentialSource) -> Settings {
    Settings {
        credentials: Some(source),
        ..Settings::default()
    }
}

/// Takes the steps; what was done, and what they came to.
fn walked(chain: &Chain, machine: Machine<'_>) -> (Vec<String>, Step) {
    let (mut done, mut brought) = (Vec::new(), Vec::new());
    loop {
        let what = match chain.step(&brought, 0) {
            Step::Ask(request) => asked(&request),
            Step::Read(path) => path.display().to_string(),
            end => return (done, end),
        };
        let found = machine.iter().find(|(at, ..)| what.starts_with(at));
        let (_, status, content) = found.unwrap_or(&("", 404, ""));
        brought.push(Brought {
            status: StatusCode::from_u16(*status).unwrap(),
            body: content.as_bytes().to_vec(),
        });
        done.push(what);
    }
}

fn asked(request: &Request) -> String {
    let mut text = format!("{} {}", request.method, request.url);
    for (name, value) in &request.headers {
        let hidden = if value.is_sensitive() { " (hidden)" } else { "" };
        write!(text, " {name}={}{hidden}", value.to_str().unwrap()).unwrap();
    }
    text
}

/// Key, secret, token and end of what was come to; else the reason why not.
fn word(step: Step) -> String {
    match step {
        Step::Have {
            credential:
                Credential::Aws {
                    access_key_id,
                    secret_access_key,
                    session_token,
                },
            until_seconds,
        } => {
            let token = session_token.as_ref().map_or("-", Secret::expose);
            let until = until_seconds.map_or_else(|| "-".to_owned(), |until| until.to_string());
            format!("{access_key_id} {} {token} {until}", secret_access_key.expose())
        }
        Step::Later(reason) => format!("later {reason}"),
        Step::Refused(reason) => format!("refused {reason}"),
        other => panic!("{other:?} is no end"),
    }
}

fn came_to(chain: &Chain, machine: Machine<'_>) -> String {
    word(walked(chain, machine).1)
}

#[test]
fn keys_of_the_settings_come_before_all_others() {
    let own = Settings {
        access_key_id: "AKIA".to_owned(),
        secret_access_key: "own".into(),
        ..Settings::default()
    };
    let environment = [
        ("AWS_ACCESS_KEY_ID", "ENV"),
        ("AWS_SECRET_ACCESS_KEY", "env"),
        ECS,
    ];
    let settings = chain(&own, &environment).unwrap();
    assert_eq!(came_to(&settings, &[]), "AKIA own - -");
    assert!(settings.addresses().is_none(), "nobody is asked");
    let others = chain(&Settings::default(), &environment).unwrap();
    assert_eq!(came_to(&others, &[]), "ENV env - -");
}

#[test]
fn the_environment_comes_before_the_file_and_the_file_before_the_container() {
    let file = "[default]\naws_access_key_id = FILE\naws_secret_access_key = file\n";
    let machine: Machine<'_> = &[
        ("/home/omni/.aws/credentials", 200, file),
        ("GET http://169.254.170.2/v2/role", 200, ISSUED),
    ];
    let token = [
        ("AWS_ACCESS_KEY_ID", "ENV"),
        ("AWS_SECRET_ACCESS_KEY", "env"),
        ("AWS_SESSION_TOKEN", "token"),
    ];
    let all = chain(&Settings::default(), &[token.as_slice(), &[ECS]].concat()).unwrap();
    assert_eq!(came_to(&all, machine), "ENV env token -");
    let all = chain(&Settings::default(), &[ECS]).unwrap();
    assert_eq!(came_to(&all, machine), "FILE file - -");
    let (done, end) = walked(&all, &machine[1..]);
    assert_eq!(word(end), format!("ASIA issued token {}", UNTIL.unwrap()));
    assert_eq!(
        done,
        ["/home/omni/.aws/credentials", "GET http://169.254.170.2/v2/role"]
    );
}

#[test]
fn a_profile_of_the_shared_file_is_read_as_amazon_writes_it() {
    let file = "# keys\n[default]\naws_access_key_id=OTHER\naws_secret_access_key=other\n\n [ omni ] ; ours\n\
                AWS_ACCESS_KEY_ID = AKIA\naws_secret_access_key = a/b+c=\naws_session_token = t==\n#aws_session_token = old\n\
                [none]\nrole_arn = arn:aws:iam::1:role/r\n";
    let read = |profile: &str, variables: &[(&str, &str)]| {
        let own = Settings {
            profile: profile.to_owned(),
            ..from(CredentialSource::File)
        };
        let path = [("AWS_SHARED_CREDENTIALS_FILE", "/run/keys")];
        let chain = chain(&own, &[path.as_slice(), variables].concat()).unwrap();
        came_to(&chain, &[("/run/keys", 200, file)])
    };
    assert_eq!(read("omni", &[]), "AKIA a/b+c= t== -");
    assert_eq!(read("", &[("AWS_PROFILE", "omni")]), "AKIA a/b+c= t== -");
    assert_eq!(read("", &[]), "OTHER other - -");
    assert_eq!(read("none", &[]), "refused no_credential");
    assert_eq!(read("missing", &[]), "refused no_credential");
}

#[test]
fn a_container_shows_its_token_and_nobody_sees_it() {
    let uri = (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://169.254.170.23/v1/credentials",
    );
    let machine: Machine<'_> = &[("/token", 200, "jwt\n"), ("GET http://169", 200, ISSUED)];
    let from_file = [uri, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token")];
    let given = [uri, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "jwt")];
    let asked = "GET http://169.254.170.23/v1/credentials authorization=jwt (hidden)";
    for (variables, steps) in [(from_file, vec!["/token", asked]), (given, vec![asked])] {
        let chain = chain(&from(CredentialSource::Container), &variables).unwrap();
        let (done, end) = walked(&chain, machine);
        assert_eq!(done, steps);
        assert_eq!(word(end), "ASIA issued token 1770135630");
        assert_eq!(chain.addresses(), Some(Addresses::Any), "link-local ones too");
    }
    let without = chain(&from(CredentialSource::Container), &from_file).unwrap();
    assert_eq!(
        came_to(&without, &[]),
        "refused credential_refused",
        "an empty token proves nothing"
    );
}

#[test]
fn what_an_endpoint_answers_instead_of_keys_is_understood() {
    let chain = chain(&from(CredentialSource::Container), &[ECS]).unwrap();
    let answers = |status, content| came_to(&chain, &[("GET http", status, content)]);
    assert_eq!(answers(500, ""), "later credential_away");
    assert_eq!(answers(429, ""), "later credential_away");
    assert_eq!(answers(401, ISSUED), "refused credential_refused");
    assert_eq!(answers(200, r#"{"Code":"Failed"}"#), "later credential_away");
    let endless = r#"{"AccessKeyId":"A","SecretAccessKey":"s"}"#;
    assert_eq!(answers(200, endless), "A s - -");
}

#[test]
fn a_token_goes_to_no_address_that_may_be_anybodys() {
    for (uri, is_taken) in [
        ("http://169.254.170.2/x", true),
        ("http://[fd00:ec2::23]/x", true),
        ("http://127.0.0.1:8080/x", true),
        ("http://[::1]/x", true),
        ("http://localhost/x", true),
        ("https://keys.example.com/x", true),
        ("http://keys.example.com/x", false),
        ("http://10.0.0.1/x", false),
        ("http://169.254.169.254/x", false),
        ("file:///etc/passwd", false),
        ("keys", false),
    ] {
        let made = chain(
            &from(CredentialSource::Container),
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)],
        );
        assert_eq!(made.is_ok(), is_taken, "{uri}");
    }
}

#[test]
fn an_instance_is_asked_by_version_2_alone() {
    let machine: Machine<'_> = &[
        ("PUT http://169.254.169.254/latest/api/token", 200, "t0k"),
        (
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/omni%2Fa ",
            200,
            ISSUED,
        ),
        (
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/ ",
            200,
            "omni/a\n",
        ),
    ];
    let all = chain(&Settings::default(), &[]).unwrap();
    let (done, end) = walked(&all, machine);
    assert_eq!(word(end), "ASIA issued token 1770135630");
    assert_eq!(
        done,
        [
            "/home/omni/.aws/credentials",
            "PUT http://169.254.169.254/latest/api/token x-aws-ec2-metadata-token-ttl-seconds=60",
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/ x-aws-ec2-metadata-token=t0k (hidden)",
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/omni%2Fa \
             x-aws-ec2-metadata-token=t0k (hidden)",
        ]
    );
    assert_eq!(came_to(&all, &machine[..1]), "refused no_credential", "no role");
    assert_eq!(
        came_to(&all, &machine[1..]),
        "refused credential_refused",
        "no version 2"
    );
    assert_eq!(came_to(&all, &[("PUT", 503, "")]), "later credential_away");
}

#[test]
fn where_the_metadata_service_is_the_platform_says() {
    let first = |variables: &[(&str, &str)]| {
        let chain = chain(&from(CredentialSource::Instance), variables).unwrap();
        walked(&chain, &[]).0.remove(0)
    };
    let at = |text: &str| format!("PUT {text}/latest/api/token x-aws-ec2-metadata-token-ttl-seconds=60");
    let mode = ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
    let own = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/");
    assert_eq!(first(&[mode]), at("http://[fd00:ec2::254]"));
    assert_eq!(first(&[mode, own]), at("http://127.0.0.1:1338"));
}

#[test]
fn a_place_that_is_named_and_is_not_there_is_refused_at_the_start() {
    let half = Settings {
        access_key_id: "AKIA".to_owned(),
        ..Settings::default()
    };
    let both = Settings {
        secret_access_key: "own".into(),
        ..from(CredentialSource::Instance)
    };
    let off = [("AWS_EC2_METADATA_DISABLED", "true")];
    for (own, variables, part) in [
        (from(CredentialSource::Settings), &[][..], "must both be there"),
        (half, &[], "must both be there"),
        (both, &[], "one of them"),
        (from(CredentialSource::Environment), &[], "AWS_ACCESS_KEY_ID"),
        (
            from(CredentialSource::Container),
            &[],
            "AWS_CONTAINER_CREDENTIALS",
        ),
        (
            from(CredentialSource::Instance),
            &off,
            "AWS_EC2_METADATA_DISABLED",
        ),
    ] {
        let refused = chain(&own, variables).unwrap_err().to_string();
        assert!(refused.contains(part), "{refused}");
    }
}

#[test]
fn the_example_is_nobodys() {
    let Credential::Aws { access_key_id, .. } = chain(&Settings::default(), &[]).unwrap().example() else {
        panic!("keys sign");
    };
    assert!(access_key_id.ends_with("EXAMPLE"));
}
