//! One invocation: read → restructure → post → answer.

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use stage::outbound::OutboundError;

use crate::answer::{self, Answer, Caller, Refused};
use crate::batch::{self, Limits, Placed};
use crate::config::Settings;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::intake::Intake;
use crate::payload::Payload;
use crate::restructure::{LeftOut, Shape};

/// What is kept between invocations: the settings and the connection.
#[derive(Debug)]
pub(crate) struct Function {
    shape: Shape,
    limits: Limits,
    intake: Intake,
}

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Settings(#[from] stage::ConfigError),
    #[error(transparent)]
    Client(#[from] OutboundError),
}

impl Function {
    pub(crate) fn new(settings: &Settings) -> Result<Function, StartError> {
        Ok(Function {
            shape: Shape {
                rename: settings.rename.clone(),
                constants: settings.constants.clone(),
            },
            limits: Limits {
                bytes_max: settings.batch_bytes_max,
                events_max: settings.batch_events_max,
            },
            intake: Intake::new(settings)?,
        })
    }

    /// Answers an invocation; the error is thrown. The runtime logs what is thrown.
    pub(crate) async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let deadline = Deadline::new(event.context.deadline());
        let Payload { caller, events } = Payload::read(event.payload);
        let events = match events {
            Ok(events) => events,
            Err(why) => return Ok(Answer::unusable(why).told_to(caller, why.status())),
        };
        match (self.forward(events, deadline).await, caller) {
            (Ok(answer), _) => Ok(answer.told_to(caller, answer.status())),
            (Err(failure), Caller::Invoke) => Err(Diagnostic::from(&failure)),
            (Err(failure), Caller::Url) => {
                tracing::error!(reason = %crate::failure::chain(&failure), "the events are not with omni");
                Ok(answer::failed(&failure))
            }
        }
    }

    /// Posts what is an event. What was posted before a failure is posted again with the rest: Omni knows doubles.
    async fn forward(&self, events: Vec<Value>, deadline: Deadline) -> Result<Answer, Failure> {
        let mut answer = Answer::default();
        let placed = self.in_shape(events, &mut answer);
        for batch in batch::cut(&placed, self.limits) {
            let verdict = self.intake.post(&batch, deadline).await?;
            answer.taken += verdict.taken;
            answer.refused.extend(verdict.refused);
        }
        answer.refused.sort_by_key(|refused| refused.index);
        Ok(answer)
    }

    fn in_shape(&self, events: Vec<Value>, answer: &mut Answer) -> Vec<Placed> {
        let mut left_out = LeftOut::default();
        let mut placed = Vec::with_capacity(events.len());
        for (index, event) in events.into_iter().enumerate() {
            let Value::Object(event) = event else {
                answer.refused.push(Refused::because(index, "not a JSON object"));
                continue;
            };
            match self.shape.restructure(event, &mut left_out) {
                Some(event) => placed.push(Placed { index, event }),
                None => answer
                    .refused
                    .push(Refused::because(index, "has no key of a flat event")),
            }
        }
        answer.left_out = left_out.into_names();
        placed
    }
}
