-- What the collector accepted, byte for byte. May hold an event twice: Pipedrive sends twice.
CREATE TABLE IF NOT EXISTS raw_events ${on_cluster}
(
    event_company_id UInt64 COMMENT '0 when the body did not tell',
    event_received_at DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    event_uuid UUID,
    event_kind LowCardinality(String),
    event_source LowCardinality(String),
    event_object LowCardinality(String),
    event_action LowCardinality(String),
    event_webhook_version UInt8,
    event_attempt UInt32,
    accept_instance LowCardinality(String),
    accept_boot LowCardinality(String),
    accept_number UInt64,
    replay LowCardinality(String),
    record_key String,
    body String CODEC(ZSTD(1)),

    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_batch_first_offset UInt64,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree
PARTITION BY toYYYYMM(event_received_at)
ORDER BY (event_company_id, event_received_at, event_uuid, kafka_topic_id, kafka_partition, kafka_offset)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 40
