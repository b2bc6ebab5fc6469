//! What each call is called and what it costs of the day's tokens (`x-token-cost` of the API description).

use axum::http::Method;

/// A call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Its name in the counts.
    pub call: &'static str,
    pub tokens: u64,
    /// Searches have a limit of their own.
    pub is_search: bool,
}

/// What is not in the description costs as much as a list of v1.
pub(crate) fn of(method: &Method, path: &str) -> Cost {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (call, tokens) = match segments.as_slice() {
        ["api", "v2", rest @ ..] => of_v2(rest),
        ["api", "v1", rest @ ..] | ["v1", rest @ ..] => of_v1(method, rest),
        _ => OTHER,
    };
    let is_search = call.ends_with("earch");
    Cost {
        call,
        tokens,
        is_search,
    }
}

const OTHER: (&str, u64) = ("other", 20);

fn of_v2(rest: &[&str]) -> (&'static str, u64) {
    match rest {
        ["deals"] => ("v2/deals", 10),
        ["deals", "archived"] => ("v2/deals/archived", 20),
        ["deals", "search"] => ("v2/deals/search", 20),
        ["deals", _] => ("v2/deals/{id}", 1),
        ["persons"] => ("v2/persons", 10),
        ["persons", "search"] => ("v2/persons/search", 20),
        ["persons", _] => ("v2/persons/{id}", 1),
        ["organizations"] => ("v2/organizations", 10),
        ["organizations", "search"] => ("v2/organizations/search", 20),
        ["organizations", _] => ("v2/organizations/{id}", 1),
        ["activities"] => ("v2/activities", 10),
        ["activities", _] => ("v2/activities/{id}", 1),
        ["products"] => ("v2/products", 10),
        ["products", _] => ("v2/products/{id}", 1),
        ["stages"] => ("v2/stages", 5),
        ["stages", _] => ("v2/stages/{id}", 1),
        ["pipelines"] => ("v2/pipelines", 5),
        ["pipelines", _] => ("v2/pipelines/{id}", 1),
        ["dealFields"] => ("v2/dealFields", 10),
        ["dealFields", _] => ("v2/dealFields/{code}", 1),
        ["personFields"] => ("v2/personFields", 10),
        ["personFields", _] => ("v2/personFields/{code}", 1),
        ["organizationFields"] => ("v2/organizationFields", 10),
        ["organizationFields", _] => ("v2/organizationFields/{code}", 1),
        ["itemSearch"] => ("v2/itemSearch", 20),
        _ => OTHER,
    }
}

fn of_v1(method: &Method, rest: &[&str]) -> (&'static str, u64) {
    match rest {
        ["leads"] => ("v1/leads", 20),
        ["leads", "archived"] => ("v1/leads/archived", 40),
        ["leads", _] => ("v1/leads/{id}", 2),
        ["leadLabels"] => ("v1/leadLabels", 10),
        ["leadSources"] => ("v1/leadSources", 2),
        ["leadFields"] => ("v1/leadFields", 20),
        ["users"] => ("v1/users", 20),
        ["users", "me"] => ("v1/users/me", 2),
        ["users", _] => ("v1/users/{id}", 2),
        ["currencies"] => ("v1/currencies", 20),
        ["notes"] => ("v1/notes", 20),
        ["notes", _] => ("v1/notes/{id}", 2),
        ["webhooks"] if *method == Method::POST => ("v1/webhooks add", 10),
        ["webhooks"] => ("v1/webhooks", 10),
        ["webhooks", _] => ("v1/webhooks remove", 6),
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_what_the_description_says() {
        let tokens = |path: &str| of(&Method::GET, path).tokens;
        assert_eq!(tokens("/api/v2/deals/7"), 1);
        assert_eq!(tokens("/api/v2/deals"), 10);
        assert_eq!(tokens("/api/v2/deals/archived"), 20);
        assert_eq!(tokens("/api/v2/stages"), 5);
        assert_eq!(tokens("/api/v1/users/me"), 2);
        assert_eq!(tokens("/v1/leads/archived"), 40);
        assert_eq!(of(&Method::DELETE, "/v1/webhooks/1").tokens, 6);
        assert!(of(&Method::GET, "/api/v2/itemSearch").is_search);
    }
}
