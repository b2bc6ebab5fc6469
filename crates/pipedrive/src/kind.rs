//! An entity by its id: which address answers for it, what Pipedrive charges (`x-token-cost` of its API
//! description), and what its answer says.
//!
//! Leads and users exist in v1 only; all else is asked of v2, since v1 is out of support there.

use url::Url;

use crate::address::under;
use crate::answer::{self, Asked};
use crate::{Error, State, lead};

/// An entity that can be asked for by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Deal,
    Person,
    Organization,
    Stage,
    Pipeline,
    User,
    Lead,
    Activity,
}

impl Kind {
    /// The name of the call by id, for labels and errors.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::Deal => "deal",
            Self::Person => "person",
            Self::Organization => "organization",
            Self::Stage => "stage",
            Self::Pipeline => "pipeline",
            Self::User => "user",
            Self::Lead => "lead",
            Self::Activity => "activity",
        }
    }

    /// Tokens of one call by id.
    pub fn tokens(self) -> u32 {
        match self {
            Self::User | Self::Lead => 2,
            _ => 1,
        }
    }

    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Deal => "deals",
            Self::Person => "persons",
            Self::Organization => "organizations",
            Self::Stage => "stages",
            Self::Pipeline => "pipelines",
            Self::User => "users",
            Self::Lead => "leads",
            Self::Activity => "activities",
        }
    }

    fn version(self) -> u8 {
        if matches!(self, Self::User | Self::Lead) {
            1
        } else {
            2
        }
    }

    /// An id goes into a path: only what such an id can be made of is let through.
    pub(crate) fn takes(self, id: &str) -> bool {
        match self {
            Self::Lead => id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'),
            _ => !id.is_empty() && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit()),
        }
    }

    pub(crate) fn address(self, base: &Url, id: &str) -> Url {
        under(base, self.version(), &[self.collection(), id])
    }

    /// What a 2xx answer to a call by id says, in the shape of REST v2.
    pub fn read(self, id: &str, body: &[u8]) -> Result<State, Error> {
        let endpoint = self.endpoint();
        let state = answer::state(Asked { endpoint, id }, body)?;
        Ok(match self {
            Self::Lead => lead::in_v2_shape(state),
            _ => state,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn v1_lives_elsewhere_on_the_shared_host() {
        let shared = Url::parse("https://api.pipedrive.com").unwrap();
        let own = Url::parse("https://acme.pipedrive.com/").unwrap();
        assert_eq!(
            Kind::User.address(&shared, "7").as_str(),
            "https://api.pipedrive.com/v1/users/7"
        );
        assert_eq!(
            Kind::User.address(&own, "7").as_str(),
            "https://acme.pipedrive.com/api/v1/users/7"
        );
        assert_eq!(
            Kind::Deal.address(&shared, "7").as_str(),
            "https://api.pipedrive.com/api/v2/deals/7"
        );
    }

    #[test]
    fn an_id_cannot_leave_its_path() {
        assert!(!Kind::Person.takes("../users/1"));
        assert!(!Kind::Person.takes(""));
        assert!(!Kind::Lead.takes("12"));
        assert!(Kind::Lead.takes("adf21080-0e10-11eb-879b-05d71fb426ec"));
    }
}
