//! The account's API: REST v2, and of v1 what exists nowhere else (users, leads, currencies, webhooks).
//!
//! Answers come from the same accounts whose changes are posted. Shapes, limits and refusals follow Pipedrive's
//! API description; what it leaves open is answered in the strictest way that clients must be ready for.

mod cost;
mod counts;
mod fields;
mod leads;
mod page;
mod part;
mod query;
mod search;
mod shelf;
mod v1;
mod v2;
mod webhooks;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use crate::world::{World, locked};

const BURST_WINDOW: Duration = Duration::from_secs(2);

/// The company whose token the request carries.
#[derive(Debug, Clone, Copy)]
struct Company(u64);

/// What Pipedrive says no with.
struct Refusal(StatusCode, &'static str);

const NO_SUCH: Refusal = Refusal(StatusCode::NOT_FOUND, "Not found");

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "success": false, "error": self.1, "error_info": "Please check developers.pipedrive.com",
            "code": self.0.as_u16(), "errorCode": self.0.as_u16(), "data": null, "additional_data": null,
        });
        (self.0, Json(body)).into_response()
    }
}

pub(crate) fn router(world: &Arc<World>) -> Router {
    let v1 = Router::new()
        .route("/users", get(v1::users))
        .route("/users/me", get(v1::me))
        .route("/users/{id}", get(v1::user))
        .route("/currencies", get(v1::currencies))
        .route("/leads", get(leads::open))
        .route("/leads/archived", get(leads::archived))
        .route("/leads/{id}", get(leads::one))
        .route("/leadLabels", get(leads::labels))
        .route("/leadSources", get(leads::sources))
        .route("/leadFields", get(leads::definitions))
        .route("/webhooks", get(webhooks::list).post(webhooks::add))
        .route("/webhooks/{id}", delete(webhooks::remove));
    let v2 = Router::new()
        .route("/deals/archived", get(v2::archived))
        .route("/itemSearch", get(search::items))
        .route("/{collection}", get(v2::list))
        .route("/{collection}/search", get(search::collection))
        .route("/{collection}/{id}", get(v2::one));
    Router::new()
        .nest("/api/v2", v2)
        .nest("/api/v1", v1.clone())
        .nest("/v1", v1)
        .layer(middleware::from_fn_with_state(world.clone(), guard))
        .with_state(world.clone())
}

/// Troubles first, then the token, then the limits.
async fn guard(State(world): State<Arc<World>>, mut request: Request, next: Next) -> Response {
    let faults = *locked(&world.faults);
    if let Some(answer) = faults.api.answer(Duration::from_millis(faults.slow_ms)).await {
        return answer;
    }
    let Some(company) = company_of(&world, request.headers()) else {
        return Refusal(StatusCode::UNAUTHORIZED, "unauthorized access").into_response();
    };
    request.extensions_mut().insert(Company(company));
    let (allowed, headers) = meter(&world, cost::of(request.method(), request.uri().path()).tokens);
    let mut answer = if allowed {
        next.run(request).await
    } else {
        Refusal(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded").into_response()
    };
    answer.headers_mut().extend(headers);
    answer
}

/// The plain token opens the first company, `<token>-<company>` any.
fn company_of(world: &World, headers: &HeaderMap) -> Option<u64> {
    let given = headers.get("x-api-token")?.to_str().ok()?;
    let rest = given.strip_prefix(world.config.api_token.as_str())?;
    let companies = &world.config.companies;
    match rest.strip_prefix('-') {
        None if rest.is_empty() => companies.first().copied(),
        None => None,
        Some(company) => company.parse().ok().filter(|company| companies.contains(company)),
    }
}

/// Counts the request; false when it is one too many. The headers tell what is left.
fn meter(world: &World, tokens: u64) -> (bool, HeaderMap) {
    let config = &world.config;
    let mut meter = locked(&world.meter);
    let now = Instant::now();
    while meter
        .window
        .front()
        .is_some_and(|sent| now.duration_since(*sent) >= BURST_WINDOW)
    {
        meter.window.pop_front();
    }
    let burst_left = config.api_burst_max.saturating_sub(meter.window.len());
    let day_left = config.api_tokens_daily.saturating_sub(meter.tokens_used);
    let allowed = burst_left > 0 && day_left >= tokens;
    if allowed {
        meter.window.push_back(now);
        meter.tokens_used += tokens;
    }
    let told = [
        ("x-ratelimit-limit", config.api_burst_max as u64),
        ("x-ratelimit-remaining", burst_left.saturating_sub(1) as u64),
        ("x-ratelimit-reset", BURST_WINDOW.as_secs()),
        ("x-daily-ratelimit-token-limit", config.api_tokens_daily),
        (
            "x-daily-ratelimit-token-remaining",
            day_left.saturating_sub(tokens),
        ),
    ];
    let header =
        |(name, value): (&'static str, u64)| (HeaderName::from_static(name), HeaderValue::from(value));
    (allowed, told.into_iter().map(header).collect())
}

#[derive(Serialize)]
struct Found<T> {
    success: bool,
    data: T,
}

fn found(data: impl Serialize) -> Response {
    Json(Found { success: true, data }).into_response()
}
