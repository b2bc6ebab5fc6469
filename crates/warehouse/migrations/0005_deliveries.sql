-- What was sent to which destination, and how it ended.
CREATE TABLE IF NOT EXISTS deliveries ${on_cluster}
(
    event_company_id UInt64 COMMENT '0 when unknown',
    delivered_at DateTime64(6, 'UTC') COMMENT 'when the outcome was written to the topic',
    destination LowCardinality(String),
    event_uuid UUID,
    outcome LowCardinality(String),
    status UInt16 COMMENT 'HTTP status; 0 when there was no answer',
    attempt UInt32,
    duration_seconds Float64,
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
PARTITION BY toYYYYMM(delivered_at)
ORDER BY (event_company_id, destination, delivered_at, event_uuid, kafka_topic_id, kafka_partition, kafka_offset)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 40
