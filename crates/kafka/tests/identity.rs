//! A topic's identity stays as long as the topic, and no longer.
use kafka::{Config, Topic, admin};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;

use crate::support::{corner_with_topics, until};

fn delete(config: &Config, topic: Topic) {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", &config.bootstrap)
        .create()
        .unwrap();
    let name = topic.name(config);
    for result in futures::executor::block_on(admin.delete_topics(&[&name], &AdminOptions::new())).unwrap() {
        result.unwrap();
    }
    until("the topic is gone", || {
        admin::partitions(config, &[topic]).is_err().then_some(())
    });
}

#[test]
fn an_identity_lasts_until_the_topic_is_made_again() {
    let config = corner_with_topics(2);
    let raw = admin::topic_identity(&config, Topic::Raw).unwrap();
    let flat = admin::topic_identity(&config, Topic::Flat).unwrap();
    assert_ne!(raw, flat);
    assert_eq!(admin::topic_identity(&config, Topic::Raw).unwrap(), raw);

    delete(&config, Topic::Raw);
    admin::create_topics(&config).unwrap();
    let again = admin::topic_identity(&config, Topic::Raw).unwrap();
    assert_ne!(again, raw, "a topic made again is another topic");
    assert_eq!(admin::topic_identity(&config, Topic::Raw).unwrap(), again);
    assert_eq!(
        admin::topic_identity(&config, Topic::Flat).unwrap(),
        flat,
        "the others keep theirs"
    );
}

#[test]
fn several_who_ask_first_get_one_answer() {
    let config = corner_with_topics(2);
    let askers: Vec<_> = (0..4)
        .map(|_| {
            let config = config.clone();
            std::thread::spawn(move || admin::topic_identity(&config, Topic::Raw).unwrap())
        })
        .collect();
    let answers: std::collections::BTreeSet<_> =
        askers.into_iter().map(|asker| asker.join().unwrap()).collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
}
