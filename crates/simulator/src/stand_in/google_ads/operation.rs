//! What is wrong with one operation of many: told by its place, while the others are carried out.
//!
//! <https://developers.google.com/google-ads/api/docs/best-practices/partial-failures>

use serde_json::{Value, json};

use super::Call;
use super::failure::{Code, detail};
use super::written::snake;

/// One operation refused.
#[derive(Debug, Clone)]
pub(super) struct OperationError {
    code: Code,
    message: String,
    field: Option<&'static str>,
    trigger: Option<String>,
}

impl OperationError {
    pub(super) fn new(code: Code, field: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: Some(field),
            trigger: None,
        }
    }

    /// Of an operation as a whole.
    pub(super) fn whole(code: Code, message: impl Into<String>) -> Self {
        Self {
            field: None,
            ..Self::new(code, "", message)
        }
    }

    pub(super) fn triggered_by(self, trigger: &str) -> Self {
        Self {
            trigger: Some(trigger.to_owned()),
            ..self
        }
    }

    pub(super) fn missing(field: &'static str) -> Self {
        Self::new(
            ("fieldError", "REQUIRED"),
            field,
            "The required field was not present.",
        )
    }

    pub(super) fn unwanted(field: &'static str) -> Self {
        let message = "The field must not be set with the others that are.";
        Self::new(("fieldError", "VALUE_MUST_BE_UNSET"), field, message)
    }

    /// That Google has it already: a further delivery of the same.
    pub(super) fn is_known_already(&self) -> bool {
        matches!(
            self.code.1,
            "ORDER_ID_ALREADY_IN_USE"
                | "CLICK_CONVERSION_ALREADY_EXISTS"
                | "CONVERSION_ALREADY_RETRACTED"
                | "RESTATEMENT_ALREADY_EXISTS"
        )
    }

    pub(super) fn why(&self) -> &'static str {
        self.code.1
    }

    fn place(&self, call: Call, at: usize) -> String {
        let field = self
            .field
            .map_or_else(String::new, |field| format!(".{}", snake(field)));
        format!("{}[{at}]{field}", snake(call.list()))
    }

    fn told(&self, call: Call, at: usize) -> Value {
        let (family, name) = self.code;
        let mut path = vec![json!({"fieldName": snake(call.list()), "index": at})];
        path.extend(self.field.map(|field| json!({"fieldName": snake(field)})));
        let mut told = json!({
            "errorCode": {family: name}, "message": self.message, "location": {"fieldPathElements": path},
        });
        if let (Some(trigger), Some(told)) = (&self.trigger, told.as_object_mut()) {
            told.insert("trigger".to_owned(), json!({"stringValue": trigger}));
        }
        told
    }
}

/// `google.rpc.Status` with all that went wrong.
pub(super) fn partial(call: Call, version: &str, errors: &[(usize, &OperationError)]) -> Value {
    let first = errors.first().map_or_else(String::new, |(at, error)| {
        format!("{}, at {}", error.message, error.place(call, *at))
    });
    let message = match errors.len() {
        1 => first,
        _ => format!("Multiple errors in 'details'. First error: {first}"),
    };
    let told: Vec<Value> = errors.iter().map(|(at, error)| error.told(call, *at)).collect();
    json!({"code": 3, "message": message, "details": [detail(version, &told)]})
}
