//! Topics are made as their contract says, and what does not fit is refused.
use kafka::admin::{Backlogs, Created, Look, TailFrom};
use kafka::{Committed, Config, Error, Offsets, PlainConsumer, PlainSettings, Topic, admin};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;

use crate::support::{Willing, corner, corner_with_topics, fill, until};

fn client(config: &Config) -> AdminClient<DefaultClientContext> {
    ClientConfig::new()
        .set("bootstrap.servers", &config.bootstrap)
        .create()
        .unwrap()
}

#[test]
fn topics_are_made_once_with_their_contract() {
    let config = corner(3);
    let missing = admin::check(&config).unwrap_err();
    assert!(
        matches!(&missing, Error::MissingTopics(names) if names.len() == 8),
        "{missing:?}"
    );
    let created = admin::create_topics(&config).unwrap();
    assert!(created.iter().all(|(_, created)| *created == Created::Made));
    let again = admin::create_topics(&config).unwrap();
    assert!(again.iter().all(|(_, created)| *created == Created::Found));

    for topic in Topic::ALL {
        let name = topic.name(&config);
        let resource = ResourceSpecifier::Topic(&name);
        let asked =
            futures::executor::block_on(client(&config).describe_configs([&resource], &AdminOptions::new()));
        let described = asked.unwrap().remove(0).unwrap();
        for (key, value) in topic.settings() {
            assert_eq!(
                described.get(key).unwrap().value.as_deref(),
                Some(value.as_str()),
                "{name} {key}"
            );
        }
    }
    let described = admin::describe(&config).unwrap();
    let partitions: Vec<usize> = described.iter().map(|topic| topic.partitions.len()).collect();
    assert_eq!(partitions, [3, 3, 3, 3, 3, 3, 1, 3]);
}

#[test]
fn unequal_partition_counts_are_refused() {
    let config = corner_with_topics(2);
    let name = Topic::Flat.name(&config);
    let more = NewPartitions::new(&name, 5);
    for result in
        futures::executor::block_on(client(&config).create_partitions([&more], &AdminOptions::new())).unwrap()
    {
        result.unwrap();
    }
    let refused = until("the broker shows the new partitions", || {
        admin::check(&config).err()
    });
    assert!(matches!(refused, Error::UnequalPartitions(_)), "{refused:?}");
    let text = refused.to_string();
    assert!(
        text.contains(&format!("{name} 5")) && text.contains("raw 2"),
        "{text}"
    );
}

#[test]
fn another_partition_count_than_configured_is_refused() {
    let mut config = corner_with_topics(2);
    config.partitions = 3;
    assert!(matches!(admin::check(&config), Err(Error::UnequalPartitions(_))));
}

#[test]
fn lags_are_told_by_group_topic_and_partition() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..10);
    let mut consumer = PlainConsumer::join(
        &config,
        PlainSettings::new("archive", "0", &[Topic::Raw]),
        Box::new(Willing),
    )
    .unwrap();
    until("partitions come", || {
        let _ = consumer.poll(1, std::time::Duration::from_millis(50)).unwrap();
        (!consumer.assignment().is_empty()).then_some(())
    });
    let mut next = Offsets::new();
    next.set(
        Topic::Raw,
        0,
        Committed {
            offset: 4,
            metadata: None,
        },
    );
    consumer.commit(&next).unwrap();
    let lags = admin::group_lags(&config).unwrap();
    assert_eq!(lags.len(), 1, "{lags:?}");
    assert_eq!(
        (lags[0].topic, lags[0].partition, lags[0].records()),
        (Topic::Raw, 0, 6)
    );
    assert_eq!(lags[0].group, format!("{}archive", config.group_prefix));
}

#[test]
fn a_backlog_is_as_old_as_the_oldest_record_that_was_not_done() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Raw, 0..10);
    let mut backlogs = Backlogs::new(&config, vec![("archive".to_owned(), Topic::Raw)]);
    let [first] = &backlogs.look().unwrap()[..] else {
        panic!("one group was asked about")
    };
    assert_eq!(first.group, format!("{}archive", config.group_prefix));
    assert_eq!(first.records, 10, "who never committed has done nothing");
    let oldest = first.oldest_ms.unwrap();
    let kept = first.retention_ms.unwrap();
    assert!((first.share(oldest + kept / 4).unwrap() - 0.25).abs() < 1e-6);

    let mut consumer = PlainConsumer::join(
        &config,
        PlainSettings::new("archive", "0", &[Topic::Raw]),
        Box::new(Willing),
    )
    .unwrap();
    until("all partitions come", || {
        let _ = consumer.poll(1, std::time::Duration::from_millis(50)).unwrap();
        (consumer.assignment().len() == 2).then_some(())
    });
    let mut next = Offsets::new();
    for partition in 0..2 {
        let offset = admin::watermarks(&config, Topic::Raw, partition).unwrap().1;
        let metadata = None;
        next.set(Topic::Raw, partition, Committed { offset, metadata });
    }
    consumer.commit(&next).unwrap();
    let done = backlogs.look().unwrap();
    assert_eq!((done[0].records, done[0].oldest_ms), (0, None));

    fill(&config, Topic::Raw, 10..20);
    let new = backlogs.look().unwrap();
    assert_eq!(
        (new[0].records, new[0].oldest_ms),
        (10, None),
        "new since the look before"
    );
    let lies = backlogs.look().unwrap();
    assert!(lies[0].oldest_ms.unwrap() >= oldest);
}

#[test]
fn a_topic_can_be_looked_into() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Raw, 0..10);
    let mut seen = Vec::new();
    let on_record = |record: kafka::Record| {
        seen.push(record);
        if seen.len() == 10 { Look::Away } else { Look::On }
    };
    admin::tail(&config, Topic::Raw, &TailFrom::Beginning, on_record, || Look::On).unwrap();
    assert_eq!(seen.len(), 10);
    let newest = admin::newest(&config, Topic::Raw, 1).unwrap();
    assert_eq!(newest.records.len(), 2);
    fill(&config, Topic::Raw, 10..12);
    let mut new = Vec::new();
    let on_record = |record: kafka::Record| {
        new.push(record);
        if new.len() == 2 { Look::Away } else { Look::On }
    };
    admin::tail(&config, Topic::Raw, &TailFrom::At(newest.ends), on_record, || {
        Look::On
    })
    .unwrap();
    assert_eq!(new.len(), 2);
    let mut asked = 0;
    let idle = || {
        asked += 1;
        if asked < 3 { Look::On } else { Look::Away }
    };
    admin::tail(
        &config,
        Topic::Raw,
        &TailFrom::End,
        |_| panic!("nothing is behind the end"),
        idle,
    )
    .unwrap();
}

#[test]
fn a_cluster_has_an_id() {
    let config = corner(1);
    assert!(!admin::cluster_id(&config).unwrap().is_empty());
    let nowhere = Config {
        bootstrap: "127.0.0.1:1".to_owned(),
        ..config
    };
    assert!(admin::cluster_id(&nowhere).is_err());
}

#[test]
fn a_stage_waits_for_topics_but_not_for_unequal_ones() {
    let config = corner(2);
    let waiting = config.clone();
    let ready = std::thread::spawn(move || admin::until_ready(&waiting, || false));
    admin::create_topics(&config).unwrap();
    assert!(ready.join().unwrap().unwrap());
    let other = Config {
        partitions: 3,
        ..config.clone()
    };
    assert!(matches!(
        admin::until_ready(&other, || false),
        Err(Error::UnequalPartitions(_))
    ));
    assert!(
        !admin::until_ready(&config, || true).unwrap(),
        "a stop ends the wait"
    );
}
