//! Which address answers for what, and what Pipedrive charges for it (`x-token-cost` of its API description).
//!
//! Leads and users exist in v1 only; all else is asked of v2, since v1 is out of support there.

use url::Url;

/// Identifiers asked for in one `ids=` request; Pipedrive refuses more.
pub(crate) const IDS_PER_REQUEST_MAX: usize = 100;

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
}

/// A list that is read page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// All stages of all pipelines.
    Stages,
    /// All pipelines.
    Pipelines,
    /// Deals whose main contact is this person; neither deleted nor archived ones.
    DealsOfPerson(u64),
    /// Up to 100 deals, persons or organizations by id; a tenth of a token each.
    ByIds(Kind, Vec<u64>),
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
        }
    }

    /// Tokens of one call by id.
    pub fn tokens(self) -> u32 {
        match self {
            Self::User | Self::Lead => 2,
            _ => 1,
        }
    }

    fn collection(self) -> &'static str {
        match self {
            Self::Deal => "deals",
            Self::Person => "persons",
            Self::Organization => "organizations",
            Self::Stage => "stages",
            Self::Pipeline => "pipelines",
            Self::User => "users",
            Self::Lead => "leads",
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
}

impl List {
    /// The name of the list, for labels and errors.
    pub fn endpoint(&self) -> &'static str {
        match self {
            Self::Stages => "stages",
            Self::Pipelines => "pipelines",
            Self::DealsOfPerson(_) => "deals_of_person",
            Self::ByIds(Kind::Deal, _) => "deals_by_id",
            Self::ByIds(Kind::Person, _) => "persons_by_id",
            Self::ByIds(Kind::Organization, _) => "organizations_by_id",
            Self::ByIds(..) => "by_id",
        }
    }

    /// Tokens of one page.
    pub fn tokens(&self) -> u32 {
        match self {
            Self::Stages | Self::Pipelines => 5,
            Self::DealsOfPerson(_) | Self::ByIds(..) => 10,
        }
    }

    /// Whether Pipedrive has such a list.
    pub(crate) fn exists(&self) -> bool {
        match self {
            Self::ByIds(kind, ids) => {
                matches!(kind, Kind::Deal | Kind::Person | Kind::Organization)
                    && (1..=IDS_PER_REQUEST_MAX).contains(&ids.len())
            }
            _ => true,
        }
    }

    pub(crate) fn address(&self, base: &Url, rows: usize, cursor: Option<&str>) -> Url {
        let (collection, filter) = match self {
            Self::Stages => ("stages", None),
            Self::Pipelines => ("pipelines", None),
            Self::DealsOfPerson(person) => ("deals", Some(("person_id", person.to_string()))),
            Self::ByIds(kind, ids) => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                (kind.collection(), Some(("ids", ids.join(","))))
            }
        };
        let mut url = under(base, 2, &[collection]);
        let mut query = url.query_pairs_mut();
        query.append_pair("limit", &rows.to_string());
        if let Some((name, value)) = filter {
            query.append_pair(name, &value);
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        drop(query);
        url
    }
}

/// `/api/v2/…` everywhere; v1 is `/api/v1/…` on a company's own host and `/v1/…` on the shared one.
pub(crate) fn under(base: &Url, version: u8, segments: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        if version == 2 {
            path.extend(["api", "v2"]);
        } else if base.host_str() == Some("api.pipedrive.com") {
            path.push("v1");
        } else {
            path.extend(["api", "v1"]);
        }
        path.extend(segments);
    }
    url
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
    fn a_proxy_path_before_the_api_is_kept() {
        let base = Url::parse("http://proxy.local/crm/?x=1").unwrap();
        assert_eq!(
            Kind::Stage.address(&base, "1").as_str(),
            "http://proxy.local/crm/api/v2/stages/1"
        );
    }

    #[test]
    fn an_id_cannot_leave_its_path() {
        assert!(!Kind::Person.takes("../users/1"));
        assert!(!Kind::Person.takes(""));
        assert!(!Kind::Lead.takes("12"));
        assert!(Kind::Lead.takes("adf21080-0e10-11eb-879b-05d71fb426ec"));
    }

    #[test]
    fn a_batch_beyond_a_hundred_ids_does_not_exist() {
        assert!(List::ByIds(Kind::Person, (0..100).collect()).exists());
        assert!(!List::ByIds(Kind::Person, (0..101).collect()).exists());
        assert!(!List::ByIds(Kind::Person, Vec::new()).exists());
        assert!(!List::ByIds(Kind::User, vec![1]).exists());
    }

    #[test]
    fn a_list_names_filter_and_cursor() {
        let base = Url::parse("http://h").unwrap();
        let url = List::DealsOfPerson(9).address(&base, 500, Some("a b"));
        assert_eq!(
            url.as_str(),
            "http://h/api/v2/deals?limit=500&person_id=9&cursor=a+b"
        );
    }
}
