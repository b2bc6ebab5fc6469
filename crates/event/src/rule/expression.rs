//! An expression that is compiled once and asked of many values.
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr};
use cel::objects::{Key, Map as CelMap};
use cel::{Context, IdedExpr, Program, Value as Cel};
use serde_json::Value;

use super::{RuleError, Undecided};
use crate::Map;

/// A compiled expression, and what it speaks of.
#[derive(Clone)]
pub(super) struct Expression {
    pub(super) text: String,
    program: Arc<Program>,
    speaks_of: Vec<String>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Expression {
    /// Compiles it; `unknown` refuses a name.
    pub(super) fn compile(
        text: &str,
        unknown: impl Fn(&str) -> Option<RuleError>,
    ) -> Result<Self, RuleError> {
        let program =
            Program::compile(text).map_err(|errors| RuleError::Syntax(one_line(&errors.to_string())))?;
        let mut bound = BTreeSet::new();
        bind(program.expression(), &mut bound);
        let mut speaks_of = Vec::new();
        for name in program.references().variables() {
            if bound.contains(name) {
                continue;
            }
            if let Some(refused) = unknown(name) {
                return Err(refused);
            }
            speaks_of.push(name.to_owned());
        }
        speaks_of.sort_unstable();
        Ok(Self {
            text: text.to_owned(),
            program: Arc::new(program),
            speaks_of,
        })
    }

    /// What it comes to.
    pub(super) fn value(&self, variable: impl Fn(&str) -> Cel) -> Result<Cel, Undecided> {
        let mut context = Context::default();
        for name in &self.speaks_of {
            context.add_variable_from_value(name, variable(name));
        }
        let failed = |error: cel::ExecutionError| Undecided::Failed(error.to_string());
        self.program.execute(&context).map_err(failed)
    }

    /// Whether it is true.
    pub(super) fn holds(&self, variable: impl Fn(&str) -> Cel) -> Result<bool, Undecided> {
        match self.value(variable)? {
            Cel::Bool(answer) => Ok(answer),
            other => Err(Undecided::NoAnswer(other.type_of().to_string())),
        }
    }
}

/// The names that `exists`, `all`, `map`, `filter` and their like give to what they go through.
fn bind(expression: &IdedExpr, bound: &mut BTreeSet<String>) {
    let entry = |entry: &EntryExpr, bound: &mut BTreeSet<String>| match entry {
        EntryExpr::StructField(field) => bind(&field.value, bound),
        EntryExpr::MapEntry(entry) => {
            bind(&entry.key, bound);
            bind(&entry.value, bound);
        }
    };
    match &expression.expr {
        Expr::Call(call) => {
            let parts = call.target.as_deref().into_iter().chain(&call.args);
            parts.for_each(|part| bind(part, bound));
        }
        Expr::Comprehension(walk) => {
            bound.insert(walk.iter_var.clone());
            bound.extend(walk.iter_var2.clone());
            let parts = [
                &walk.iter_range,
                &walk.accu_init,
                &walk.loop_cond,
                &walk.loop_step,
                &walk.result,
            ];
            for part in parts {
                bind(part, bound);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|part| bind(part, bound)),
        Expr::Map(map) => map.entries.iter().for_each(|part| entry(&part.expr, bound)),
        Expr::Struct(made) => made.entries.iter().for_each(|part| entry(&part.expr, bound)),
        Expr::Select(select) => bind(&select.operand, bound),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
}

/// Numbers without a fraction are `int`, as literals are; ids fit.
pub(super) fn whole(number: u64) -> Cel {
    i64::try_from(number).map_or(Cel::UInt(number), Cel::Int)
}

pub(super) fn map(object: Option<&Map>) -> Cel {
    let entries = object.into_iter().flatten();
    let entries = entries.map(|(key, value)| (Key::from(key.clone()), json(value)));
    Cel::Map(CelMap {
        map: Arc::new(entries.collect()),
    })
}

pub(super) fn json(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => number
            .as_i64()
            .map(Cel::Int)
            .or_else(|| number.as_u64().map(Cel::UInt))
            .or_else(|| number.as_f64().map(Cel::Float))
            .unwrap_or(Cel::Null),
        Value::String(text) => Cel::from(text.as_str()),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(json).collect())),
        Value::Object(object) => map(Some(object)),
    }
}

/// The parser draws its errors over several lines; one is enough for a message.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}
