//! Which function is meant: a name, a partial or a whole ARN, each with a version or without.

use super::ACCOUNT;
use super::refusal::{self, Refusal};
use crate::world::World;

pub(super) const LATEST: &str = "$LATEST";

/// A function, and which version of it.
#[derive(Debug)]
pub(super) struct Named {
    name: String,
    qualifier: String,
}

impl Named {
    /// From a name, a partial or a whole ARN, each with or without a version.
    pub(super) fn of(given: &str, qualifier: Option<String>) -> Self {
        let after = given.rsplit_once("function:").map_or(given, |(_, after)| after);
        let (name, own) = match after.split_once(':') {
            Some((name, own)) => (name, Some(own.to_owned())),
            None => (after, None),
        };
        Self {
            name: name.to_owned(),
            qualifier: qualifier.or(own).unwrap_or_else(|| LATEST.to_owned()),
        }
    }

    pub(super) fn arn(&self, world: &World) -> String {
        let region = &world.config.stand_ins.aws.region;
        let arn = format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{}", self.name);
        match self.qualifier.as_str() {
            LATEST => arn,
            qualifier => format!("{arn}:{qualifier}"),
        }
    }

    pub(super) fn is_there(&self, world: &World, arn: &str) -> Result<(), Refusal> {
        let mut known = world.config.stand_ins.aws.functions.iter();
        let is_there = known.any(|known| match known.split_once(':') {
            Some((name, alias)) => name == self.name && [LATEST, alias].contains(&self.qualifier.as_str()),
            None => *known == self.name && self.qualifier == LATEST,
        });
        is_there.then_some(()).ok_or_else(|| refusal::no_function(arn))
    }
}
