//! `/simulator/fields/…`: fields get other names, more options, and become more while the account runs.
//!
//! A state file does not remember any of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::Account;
use crate::account::fields::Holder;
use crate::api::fields::written;
use crate::entity::custom::Kind;
use crate::world::{World, locked};

type Refusal = (StatusCode, &'static str);

const NO_SUCH: Refusal = (StatusCode::NOT_FOUND, "no such company, collection or field");

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/simulator/fields/{collection}", get(list).post(add))
        .route("/simulator/fields/{collection}/{code}", patch(change))
}

/// The first company where none is named.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whose {
    company: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// Labels of its options.
    #[serde(default)]
    options: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Changes {
    name: Option<String>,
    /// Labels of further options.
    add_options: Vec<String>,
    /// Other labels, by id.
    rename_options: BTreeMap<u64, String>,
}

fn in_account<T>(
    world: &World,
    whose: &Whose,
    collection: &str,
    act: impl FnOnce(&mut Account, Holder) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let holder = Holder::named(collection).ok_or(NO_SUCH)?;
    let first = world.config.companies.first().copied();
    let company = whose.company.or(first).ok_or(NO_SUCH)?;
    let mut accounts = locked(&world.accounts);
    act(accounts.get_mut(&company).ok_or(NO_SUCH)?, holder)
}

async fn list(
    State(world): State<Arc<World>>,
    Path(collection): Path<String>,
    Query(whose): Query<Whose>,
) -> Result<Json<Value>, Refusal> {
    in_account(&world, &whose, &collection, |account, holder| {
        let fields = account.fields().of(holder).iter().map(written);
        Ok(Json(fields.collect()))
    })
}

async fn add(
    State(world): State<Arc<World>>,
    Path(collection): Path<String>,
    Query(whose): Query<Whose>,
    Json(new): Json<New>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let kind = Kind::named(&new.kind)
        .filter(|kind| kind.has_options() != new.options.is_empty())
        .ok_or((
            StatusCode::UNPROCESSABLE_ENTITY,
            "no such type, or options where there are none, or none where there must be",
        ))?;
    let labels: Vec<&str> = new.options.iter().map(String::as_str).collect();
    in_account(&world, &whose, &collection, |account, holder| {
        let field = account.add_field(holder, &new.name, kind, &labels);
        let field = field.ok_or((StatusCode::UNPROCESSABLE_ENTITY, "too many fields or options"))?;
        Ok((StatusCode::CREATED, Json(written(&field))))
    })
}

async fn change(
    State(world): State<Arc<World>>,
    Path((collection, code)): Path<(String, String)>,
    Query(whose): Query<Whose>,
    Json(changes): Json<Changes>,
) -> Result<Json<Value>, Refusal> {
    in_account(&world, &whose, &collection, |account, holder| {
        let fields = account.fields_mut();
        if let Some(name) = &changes.name
            && !fields.rename(holder, &code, name)
        {
            return Err(NO_SUCH);
        }
        for (id, label) in &changes.rename_options {
            if !fields.rename_option(holder, &code, *id, label) {
                return Err((StatusCode::NOT_FOUND, "no such option"));
            }
        }
        for label in &changes.add_options {
            if fields.add_option(holder, &code, label).is_none() {
                return Err((
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "the field takes no further option",
                ));
            }
        }
        let field = fields.find(holder, &code).ok_or(NO_SUCH)?;
        Ok(Json(json!(written(field))))
    })
}
