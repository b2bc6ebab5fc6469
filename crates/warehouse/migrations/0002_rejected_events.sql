-- What was quarantined, why, and the value refused.
CREATE TABLE IF NOT EXISTS rejected_events ${on_cluster}
(
    event_company_id UInt64 COMMENT '0 when unknown',
    rejected_at DateTime64(6, 'UTC') COMMENT 'when the record was written to the topic',
    event_uuid UUID,
    event_kind LowCardinality(String),
    event_source LowCardinality(String),
    event_object LowCardinality(String),
    event_action LowCardinality(String),
    event_received_at DateTime64(6, 'UTC'),
    accept_instance LowCardinality(String),
    accept_boot LowCardinality(String),
    accept_number UInt64,
    stage LowCardinality(String),
    code LowCardinality(String),
    error_paths Array(String),
    error_rules Array(String),
    error_schema_versions Array(String),
    error_messages Array(String),
    value String CODEC(ZSTD(1)),
    record String COMMENT 'the record of the topic, byte for byte' CODEC(ZSTD(1)),

    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_batch_first_offset UInt64,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree
PARTITION BY toYYYYMM(rejected_at)
ORDER BY (event_company_id, rejected_at, event_uuid, kafka_topic_id, kafka_partition, kafka_offset)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 40
