//! What the warehouse shows and the account lists no more: deleted, merged away, or hidden from this token.
//!
//! Each is asked for by its id. Pipedrive keeps what was deleted for thirty days and says so; what is not there at all is
//! believed to be gone only on an administrator's word, since anybody else may just not see it.

use event::reconcile::{Difference, Finding, Known};
use event::snapshot::changed_at;
use event::{Map, Object, Snapshot};
use pipedrive::{Kind, State};

use super::found::Found;
use super::pass::Pass;

/// So many of an object's entities may go in one pass, or this share of them: more is rather a token that sees less.
const GONE_MAX: usize = 200;
const GONE_SHARE_MAX: f64 = 0.2;
/// Findings that are settled together.
const TOGETHER: usize = 100;

/// What is believed of what the account lists no more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Belief {
    /// The token's user sees everything, so that what is not shown is not there.
    pub(super) in_absence: bool,
    /// Any number of entities may be gone.
    pub(super) in_any_number: bool,
}

/// Looks for each of the candidates in the account, and settles what is gone.
pub(super) async fn look(
    pass: &mut Pass<'_>,
    object: &Object,
    belief: Belief,
    candidates: Vec<(String, Known)>,
    known: usize,
) -> anyhow::Result<()> {
    let Some(kind) = kind(object) else {
        return Ok(());
    };
    let allowed = GONE_MAX.max((known as f64 * GONE_SHARE_MAX) as usize);
    if candidates.len() > allowed && !belief.in_any_number {
        pass.report.remarks.push(format!(
            "{} of {known} {object}s are not listed by the account: too many to be deletions, nothing was done. Does the token see everything? `--gone all` believes it",
            candidates.len()
        ));
        return Ok(());
    }
    let mut hidden = 0_usize;
    for some in candidates.chunks(TOGETHER) {
        let ids: Vec<String> = some.iter().map(|(id, _)| id.clone()).collect();
        let last = pass.told.last_states(object, &ids).await?;
        let mut found = Vec::new();
        for (id, known) in some {
            match gone(pass.pages.one(kind, id).await?, last.get(id), belief) {
                Gone::Still => {}
                Gone::Hidden => hidden += 1,
                Gone::Since(state, told_micro) => {
                    let at = known.gone_at(told_micro.unwrap_or(pass.now_micro));
                    let snapshot = Snapshot::of_gone(pass.company_id, object, &state, at)?;
                    found.push(Found::new(
                        pass.place(),
                        object,
                        Difference {
                            finding: Finding::Gone,
                            snapshot,
                        },
                    ));
                }
            }
        }
        pass.settle(object, found).await?;
        pass.keep()?;
    }
    if hidden > 0 {
        pass.report.remarks.push(format!(
            "{hidden} {object}s are not shown to this token: deleted long ago, or hidden from its user. They stay; an administrator's token tells which"
        ));
    }
    Ok(())
}

/// What the account says of one that it does not list.
enum Gone {
    /// It is there: archived, or added this moment.
    Still,
    Hidden,
    /// With its last state, and when it went, where that is said.
    Since(Map, Option<i64>),
}

fn gone(state: Option<State>, last: Option<&Map>, belief: Belief) -> Gone {
    match state {
        Some(state) if is_marked(&state) => {
            let at = changed_at(|key| state.get(key));
            Gone::Since(state, at)
        }
        Some(_) => Gone::Still,
        None => match last {
            Some(last) if belief.in_absence && last.contains_key("id") => Gone::Since(last.clone(), None),
            _ => Gone::Hidden,
        },
    }
}

fn is_marked(state: &State) -> bool {
    state.get("is_deleted").and_then(serde_json::Value::as_bool) == Some(true)
}

/// How an object is asked for by id; nothing for those whose end no board shows.
fn kind(object: &Object) -> Option<Kind> {
    match object {
        Object::Deal => Some(Kind::Deal),
        Object::Person => Some(Kind::Person),
        Object::Organization => Some(Kind::Organization),
        Object::Lead => Some(Kind::Lead),
        Object::Activity => Some(Kind::Activity),
        _ => None,
    }
}
