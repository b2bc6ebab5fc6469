//! Users and currencies: REST v1, for there is no other.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::{Company, NO_SUCH, Refusal, found};
use crate::catalogue::CURRENCY_NAMES;
use crate::entity::Entity;
use crate::world::{World, locked};

pub(super) async fn users(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
) -> Result<Response, Refusal> {
    let accounts = locked(&world.accounts);
    let book = accounts.get(&company).ok_or(NO_SUCH)?.book();
    let users = book.users.values().map(|user| Value::Object(user.rest()));
    Ok(found(users.collect::<Vec<Value>>()))
}

pub(super) async fn user(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id: u64 = id
        .parse()
        .map_err(|_| Refusal(StatusCode::BAD_REQUEST, "id must be a number"))?;
    let accounts = locked(&world.accounts);
    let book = accounts.get(&company).ok_or(NO_SUCH)?.book();
    let user = book.users.get(&id).ok_or(NO_SUCH)?;
    Ok(found(Value::Object(user.rest())))
}

/// The administrator, and whose account it is.
pub(super) async fn me(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
) -> Result<Response, Refusal> {
    let accounts = locked(&world.accounts);
    let book = accounts.get(&company).ok_or(NO_SUCH)?.book();
    let mut me = book.users.values().next().ok_or(NO_SUCH)?.rest();
    let more = json!({
        "is_you": true, "company_id": company, "company_name": format!("Simulated {company}"),
        "company_domain": format!("company{company}"), "company_country": "DE",
        "company_industry": "Software", "language": {"language_code": "en", "country_code": "GB"},
    });
    me.extend(crate::entity::object(more));
    Ok(found(Value::Object(me)))
}

pub(super) async fn currencies() -> Json<Value> {
    let currency = |(id, (code, name, symbol, digits)): (u64, &(&str, &str, &str, u8))| {
        json!({
            "id": id, "code": code, "name": name, "decimal_points": digits, "symbol": symbol,
            "active_flag": true, "is_custom_flag": false,
        })
    };
    let currencies: Vec<Value> = (1..).zip(CURRENCY_NAMES).map(currency).collect();
    Json(json!({"success": true, "data": currencies}))
}
