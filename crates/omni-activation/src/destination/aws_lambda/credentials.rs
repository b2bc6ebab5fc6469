//! Where keys that sign come from, in the order that Amazon documents: the settings, the environment, the shared credentials
//! file, the endpoint of a container, the metadata service of an instance
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>).
//!
//! A place that has none passes on to the next; one that refuses does not.

mod container;
mod file;
mod instance;
mod issued;

use std::slice::Iter;

use serde::{Deserialize, Serialize};
use stage::Secret;
use stage::config::PlatformVariables;
use stage::outbound::Addresses;

use super::{Refused, Settings, refused};
use crate::destination::{Brought, Credential, Login, Step};
use container::Container;
use file::SharedFile;
use instance::Instance;

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialSource {
    /// `access_key_id`, `secret_access_key`, `session_token`.
    Settings,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    Environment,
    /// `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`.
    File,
    /// The endpoint that ECS and EKS Pod Identity name in the environment.
    Container,
    /// The metadata service of EC2, version 2.
    Instance,
}

/// After the settings.
const IN_ORDER: &[CredentialSource] = &[
    CredentialSource::Environment,
    CredentialSource::File,
    CredentialSource::Container,
    CredentialSource::Instance,
];

/// What asking a place comes to.
enum Found {
    /// This is to be done.
    Step(Step),
    /// It has none.
    Nothing,
}

/// A place that may have keys.
#[derive(Debug)]
enum Place {
    Given(Credential),
    File(SharedFile),
    Container(Container),
    Instance(Instance),
}

/// The places, in order.
#[derive(Debug)]
pub(super) struct Chain {
    places: Vec<Place>,
}

impl Chain {
    /// The one place that the settings name, or all that there may be.
    ///
    /// # Errors
    /// [`Refused`]: the place is not there, or its variables say what cannot be.
    pub(super) fn new(own: &Settings, platform: &PlatformVariables) -> Result<Self, Refused> {
        let are_given = [&own.secret_access_key, &own.session_token]
            .iter()
            .any(|secret| !secret.is_empty())
            || !own.access_key_id.is_empty();
        let sources = match own.credentials {
            Some(CredentialSource::Settings) => &[CredentialSource::Settings],
            Some(other) if are_given => {
                return Err(refused(format!(
                    "`aws_lambda` has keys, and its `credentials` say {other:?}: one of them"
                )));
            }
            Some(ref other) => std::slice::from_ref(other),
            None if are_given => &[CredentialSource::Settings],
            None => IN_ORDER,
        };
        let mut places = Vec::new();
        for source in sources {
            match place(*source, own, platform)? {
                Some(place) => places.push(place),
                None if sources.len() == 1 => return Err(missing(*source)),
                None => {}
            }
        }
        Ok(Self { places })
    }
}

/// None: nothing says that it is there.
fn place(
    source: CredentialSource,
    own: &Settings,
    platform: &PlatformVariables,
) -> Result<Option<Place>, Refused> {
    Ok(match source {
        CredentialSource::Settings => given(
            &own.access_key_id,
            own.secret_access_key.expose(),
            own.session_token.expose(),
        ),
        CredentialSource::Environment => {
            let told = |name| platform.get(name).unwrap_or_default();
            given(
                told("AWS_ACCESS_KEY_ID"),
                told("AWS_SECRET_ACCESS_KEY"),
                told("AWS_SESSION_TOKEN"),
            )
        }
        CredentialSource::File => SharedFile::new(&own.profile, platform).map(Place::File),
        CredentialSource::Container => Container::new(platform)?.map(Place::Container),
        CredentialSource::Instance => Instance::new(platform)?.map(Place::Instance),
    })
}

fn given(id: &str, secret: &str, token: &str) -> Option<Place> {
    (!id.is_empty() && !secret.is_empty()).then(|| Place::Given(keys(id, secret, token)))
}

fn keys(id: &str, secret: &str, token: &str) -> Credential {
    Credential::Aws {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::from(secret),
        session_token: (!token.is_empty()).then(|| Secret::from(token)),
    }
}

fn missing(source: CredentialSource) -> Refused {
    refused(match source {
        CredentialSource::Settings => {
            "`aws_lambda.access_key_id` and `aws_lambda.secret_access_key` must both be there"
        }
        CredentialSource::Environment => {
            "`aws_lambda.credentials` is \"environment\", and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set"
        }
        CredentialSource::File => {
            "`aws_lambda.credentials` is \"file\", and there is neither AWS_SHARED_CREDENTIALS_FILE nor a home folder"
        }
        CredentialSource::Container => {
            "`aws_lambda.credentials` is \"container\", and neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor \
             AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
        }
        CredentialSource::Instance => {
            "`aws_lambda.credentials` is \"instance\", and AWS_EC2_METADATA_DISABLED says that there is none"
        }
    })
}

impl Place {
    fn look(&self, brought: &mut Iter<'_, Brought>) -> Found {
        match self {
            Self::Given(credential) => Found::Step(Step::Have {
                credential: credential.clone(),
                until_seconds: None,
            }),
            Self::File(file) => file.look(brought),
            Self::Container(container) => container.look(brought),
            Self::Instance(instance) => instance.look(brought),
        }
    }
}

impl Login for Chain {
    fn step(&self, before: &[Brought], _: i64) -> Step {
        // Each place takes what its own steps brought, so the next one stands where it ended.
        let mut brought = before.iter();
        for place in &self.places {
            if let Found::Step(step) = place.look(&mut brought) {
                return step;
            }
        }
        Step::Refused("no_credential")
    }

    fn example(&self) -> Credential {
        keys(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "",
        )
    }

    /// Credentials are handed out at addresses that no destination may be: link-local ones, or this machine's. Which, the
    /// platform says, and no setting of a destination.
    fn addresses(&self) -> Option<Addresses> {
        let asks = |place: &Place| matches!(place, Place::Container(_) | Place::Instance(_));
        self.places.iter().any(asks).then_some(Addresses::Any)
    }
}

#[cfg(test)]
mod tests;
