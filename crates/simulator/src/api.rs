//! The account's API: REST v2, and of v1 what exists nowhere else (users, leads, currencies, webhooks).
//!
//! Answers come from the same accounts whose changes are posted. Shapes, limits and refusals follow Pipedrive's
//! API description; what it leaves open is answered in the strictest way that clients must be ready for.

mod cost;
mod counts;
pub(crate) mod fields;
mod leads;
mod notes;
mod page;
mod part;
mod query;
mod search;
mod shelf;
mod v1;
mod v2;
mod webhooks;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use self::cost::Cost;
use crate::edge;
use crate::faults::Unanswered;
use crate::limits::Limits;
use crate::meter::{Asked, Judged, Verdict};
use crate::moment::Moment;
use crate::world::{World, locked};

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
        .route("/notes", get(notes::list))
        .route("/notes/{id}", get(notes::one))
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

/// Troubles first, then the token, then the limits; all of it is counted.
async fn guard(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let cost = cost::of(request.method(), request.uri().path());
    locked(&world.tally).arrived(cost.call, Instant::now());
    let answer = answered(&world, request, next, cost).await;
    if answer.extensions().get::<Unanswered>().is_some() {
        locked(&world.tally).went_unanswered();
    } else {
        locked(&world.tally).answered(answer.status());
    }
    answer
}

async fn answered(world: &World, mut request: Request, next: Next, cost: Cost) -> Response {
    let (trouble, slow) = locked(&world.faults).api();
    if let Some(answer) = trouble.answer(slow).await {
        return answer;
    }
    let Some(company) = company_of(world, request.headers()) else {
        return Refusal(StatusCode::UNAUTHORIZED, "unauthorized access").into_response();
    };
    request.extensions_mut().insert(Company(company));
    let limits = locked(&world.limits).clone();
    let judged = judge(world, company, cost, &limits);
    let mut answer = match judged.verdict {
        Verdict::Allowed => match set_apart(world, request.uri().path()) {
            Some(refusal) => refusal.into_response(),
            None => next.run(request).await,
        },
        Verdict::Banned => return edge::blocked(),
        Verdict::Burst | Verdict::Search | Verdict::Daily => {
            Refusal(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded").into_response()
        }
    };
    answer.headers_mut().extend(told(judged, &limits));
    answer
}

/// What the troubles hide or forbid, by its path below the version.
fn set_apart(world: &World, path: &str) -> Option<Refusal> {
    let (_, below) = path
        .trim_start_matches("/api")
        .trim_start_matches('/')
        .split_once('/')?;
    match locked(&world.faults).now().status_of(below)? {
        StatusCode::NOT_FOUND => Some(NO_SUCH),
        status => Some(Refusal(status, "Forbidden")),
    }
}

fn judge(world: &World, company: u64, cost: Cost, limits: &Limits) -> Judged {
    let asked = Asked {
        at: Instant::now(),
        seconds: Moment::now().seconds(),
        tokens: cost.tokens,
        is_search: cost.is_search,
    };
    let judged = locked(&world.meters)
        .entry(company)
        .or_default()
        .judge(asked, limits);
    locked(&world.tally).judged(cost.call, judged.verdict, cost.tokens);
    judged
}

/// The headers that tell what is left.
fn told(judged: Judged, limits: &Limits) -> HeaderMap {
    let mut told = vec![
        ("x-ratelimit-limit", judged.burst_max as u64),
        ("x-ratelimit-remaining", judged.burst_left as u64),
        ("x-ratelimit-reset", judged.reset_seconds),
    ];
    if limits.daily_headers {
        told.push(("x-daily-ratelimit-token-limit", limits.tokens_daily));
        told.push(("x-daily-ratelimit-token-remaining", judged.day_left));
    }
    let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from(value));
    told.into_iter().map(header).collect()
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

#[derive(Serialize)]
struct Found<T> {
    success: bool,
    data: T,
}

fn found(data: impl Serialize) -> Response {
    Json(Found { success: true, data }).into_response()
}
