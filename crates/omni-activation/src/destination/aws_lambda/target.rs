//! Which function, where, and how it is called.

use stage::config::PlatformVariables;
use stage::outbound::Url;

use super::{Auth, Invocation, Refused, Settings, refused};

/// Of an ARN (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>).
const FUNCTION_LENGTH_MAX: usize = 170;
/// Partitions of AWS have endings of their own.
const ENDING: &str = "amazonaws.com";
const ENDING_CHINA: &str = "amazonaws.com.cn";
const ENDING_FUNCTION_URL: &str = "on.aws";
/// What stands before the region in the host of an address of AWS.
const BEFORE_REGION: &[&str] = &["lambda", "lambda-fips", "lambda-url"];

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By the Invoke API.
    Invoke(Invocation),
    /// At its own address; always now.
    FunctionUrl,
}

/// A function's place.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) way: Way,
    pub(super) url: Url,
    /// Empty where nothing is signed and nobody said it.
    pub(super) region: String,
}

impl Target {
    /// `url` replaces the Invoke API's address, or is a function URL when no function is named.
    pub(super) fn new(url: &str, own: &Settings, platform: &PlatformVariables) -> Result<Self, Refused> {
        let given = match url {
            "" => None,
            url => Some(Url::parse(url).map_err(|_| Refused::Url)?),
        };
        let region = region(given.as_ref(), own, platform)?;
        match given {
            Some(url) if own.function.is_empty() => function_url(url, own, region),
            None if own.function.is_empty() => Err(refused(
                "`aws_lambda.function` (a name or an ARN), or a function URL as `url`, must be there",
            )),
            given => invoke(given, own, region),
        }
    }
}

fn function_url(url: Url, own: &Settings, region: String) -> Result<Target, Refused> {
    if !own.qualifier.is_empty() {
        return Err(refused(
            "`aws_lambda.qualifier` goes with a `function`; a function URL is of one alias",
        ));
    }
    if own.invocation == Invocation::Event {
        return Err(refused(
            "`aws_lambda.invocation` \"event\" goes with a `function`; a function URL always answers",
        ));
    }
    if region.is_empty() && own.auth == Auth::AwsIam {
        return Err(no_region());
    }
    Ok(Target {
        way: Way::FunctionUrl,
        url,
        region,
    })
}

fn invoke(given: Option<Url>, own: &Settings, region: String) -> Result<Target, Refused> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:$".contains(&byte);
    if own.function.len() > FUNCTION_LENGTH_MAX || !own.function.bytes().all(plain) {
        return Err(refused("`aws_lambda.function` is neither a name nor an ARN"));
    }
    if own.auth == Auth::None && given.is_none() {
        return Err(refused(
            "`aws_lambda.auth` \"none\" is for a function URL, or an emulator at `url`: the Invoke API wants a signature",
        ));
    }
    if given.as_ref().is_some_and(is_function_url) {
        return Err(refused(
            "`url` is a function URL, and `aws_lambda.function` names a function: one of them",
        ));
    }
    if region.is_empty() && own.auth == Auth::AwsIam {
        return Err(no_region());
    }
    let mut url = match given {
        Some(url) => url,
        None => Url::parse(&host(&region)).map_err(|_| Refused::Url)?,
    };
    // As Amazon's own clients write an ARN.
    let name = own.function.replace(':', "%3A");
    let before = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{before}/2015-03-31/functions/{name}/invocations"));
    if !own.qualifier.is_empty() {
        url.query_pairs_mut().append_pair("Qualifier", &own.qualifier);
    }
    Ok(Target {
        way: Way::Invoke(own.invocation),
        url,
        region,
    })
}

fn no_region() -> Refused {
    refused("`aws_lambda.region` must be there, such as \"eu-central-1\"")
}

fn host(region: &str) -> String {
    let ending = if region.starts_with("cn-") {
        ENDING_CHINA
    } else {
        ENDING
    };
    format!("https://lambda.{region}.{ending}")
}

/// What the settings say, and the ARN and the address; else what the platform does.
fn region(url: Option<&Url>, own: &Settings, platform: &PlatformVariables) -> Result<String, Refused> {
    let said = [
        Some(own.region.as_str()).filter(|region| !region.is_empty()),
        region_of_arn(&own.function),
        url.and_then(region_of_host),
    ];
    let mut said = said.into_iter().flatten();
    let first = said.next();
    if let Some((one, other)) = first.zip(said.find(|other| Some(*other) != first)) {
        return Err(refused(format!(
            "`aws_lambda` names two regions, `{one}` and `{other}`"
        )));
    }
    let region = first
        .or_else(|| platform.get("AWS_REGION"))
        .or_else(|| platform.get("AWS_DEFAULT_REGION"))
        .unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.bytes().all(plain) {
        Ok(region.to_owned())
    } else {
        Err(refused(format!("`aws_lambda.region` `{region}` is none")))
    }
}

/// `arn:aws:lambda:<region>:<account>:function:<name>`.
fn region_of_arn(function: &str) -> Option<&str> {
    let mut parts = function.split(':');
    let is_arn = parts.next() == Some("arn");
    parts.nth(2).filter(|region| is_arn && !region.is_empty())
}

fn region_of_host(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    let is_of_aws = [ENDING, ENDING_CHINA, ENDING_FUNCTION_URL]
        .iter()
        .any(|ending| host.ends_with(ending));
    let mut labels = host.split('.').skip_while(|label| !BEFORE_REGION.contains(label));
    labels.nth(1).filter(|_| is_of_aws)
}

fn is_function_url(url: &Url) -> bool {
    url.host_str()
        .is_some_and(|host| host.contains(".lambda-url.") && host.ends_with(ENDING_FUNCTION_URL))
}
