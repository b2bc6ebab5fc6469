//! The way of an event: which group takes it from which topic, in the order in which it gets there.
//!
//! An event that left a topic (its group has committed) is on a later one or in the warehouse: who reads in this order
//! misses none. The names are the stages' own; `tests/tests/pipeline/ledger.rs` finds out one that is wrong.

use kafka::Topic;

use crate::Loaded;

/// The group that archives this topic.
pub fn archive(topic: Topic) -> String {
    format!("loader-archive-{}", topic.short())
}

/// The groups an event on this topic still has before it.
pub fn groups(topic: Topic, loaded: &[Loaded]) -> Vec<String> {
    match topic {
        Topic::Raw => vec!["enricher".to_owned()],
        Topic::Enriched => vec!["flattener".to_owned()],
        Topic::Flat => {
            let templates = loaded
                .iter()
                .map(|loaded| format!("loader-{}", loaded.template.replace('/', "-")));
            templates.chain(["loader-no_template".to_owned()]).collect()
        }
        Topic::Rejected | Topic::Filtered => vec![archive(topic)],
        Topic::Entities | Topic::Loaded | Topic::Deliveries => Vec::new(),
    }
}

/// The topics in the order of the way.
pub(crate) const TOPICS: [Topic; 5] = [
    Topic::Raw,
    Topic::Enriched,
    Topic::Flat,
    Topic::Rejected,
    Topic::Filtered,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_event_has_every_template_before_it_and_who_takes_the_rest() {
        let loaded = [Loaded {
            template: "pipedrive-deals/2.0".to_owned(),
            table: "deal_events".to_owned(),
        }];
        assert_eq!(
            groups(Topic::Flat, &loaded),
            ["loader-pipedrive-deals-2.0", "loader-no_template"]
        );
        assert_eq!(groups(Topic::Rejected, &loaded), ["loader-archive-rejected"]);
    }

    #[test]
    fn every_topic_of_the_way_has_somebody_who_takes_from_it() {
        assert!(TOPICS.iter().all(|topic| !groups(*topic, &[]).is_empty()));
    }
}
