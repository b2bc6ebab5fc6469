//! An account of Google Ads, and what belongs to it by name.

use crate::destination::Refused;

/// Digits alone.
#[derive(Debug, Clone)]
pub(crate) struct Account(String);

impl Account {
    /// From how it is written under this setting, `123-456-7890` or `1234567890`.
    pub(crate) fn new(setting: &str, written: &str) -> Result<Self, Refused> {
        let id: String = written.chars().filter(|c| *c != '-').collect();
        if is_id(&id) {
            Ok(Self(id))
        } else {
            let text = format!("`{setting}` must be an account's number, such as \"123-456-7890\"");
            Err(Refused::Parameters(text))
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.0
    }

    /// The name of one of its resources, given by its id or by its whole name; none of anything else.
    pub(crate) fn resource(&self, of: &str, given: &str) -> Option<String> {
        if is_id(given) {
            return Some(format!("customers/{}/{of}/{given}", self.0));
        }
        let mut parts = given.split('/');
        let is_name = parts.next() == Some("customers")
            && parts.next().is_some_and(is_id)
            && parts.next() == Some(of)
            && parts.next().is_some_and(is_id)
            && parts.next().is_none();
        is_name.then(|| given.to_owned())
    }
}

pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_resource_is_given_by_its_id_or_its_name() {
        let account = Account::new("customer_id", "123-456-7890").unwrap();
        assert_eq!(account.id(), "1234567890");
        let action = |given| account.resource("conversionActions", given);
        assert_eq!(action("7").unwrap(), "customers/1234567890/conversionActions/7");
        let other = "customers/9/conversionActions/7";
        assert_eq!(action(other).unwrap(), other);
        for given in [
            "",
            "won",
            "7a",
            "customers/9/conversionActions/",
            "customers/9/conversionActions/7/8",
            "customers/9/campaigns/7",
        ] {
            assert_eq!(action(given), None, "{given}");
        }
        assert!(Account::new("customer_id", "AW-123").is_err());
        assert!(Account::new("customer_id", "-").is_err());
    }
}
