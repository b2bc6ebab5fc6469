-- One row a batch that the loader inserted: the archive of omni.loaded. rows = 0 is a batch of heartbeats or rejects only.
CREATE TABLE IF NOT EXISTS load_batches ${on_cluster}
(
    batch String COMMENT 'cluster, topic, table, partition, offsets',
    template LowCardinality(String),
    table LowCardinality(String),
    partition UInt32,
    first_offset UInt64,
    last_offset UInt64,
    rows UInt64,
    rejected UInt64,
    bytes UInt64,
    companies Array(UInt64),
    event_time_max Nullable(DateTime64(6, 'UTC')),
    received_at_min Nullable(DateTime64(6, 'UTC')),
    received_at_max Nullable(DateTime64(6, 'UTC')),
    heartbeat_at Nullable(DateTime64(6, 'UTC')) COMMENT 'newest heartbeat of a collector in this batch',
    insert_seconds Float64,
    batch_loaded_at DateTime64(6, 'UTC') COMMENT 'when the insert was acknowledged',

    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_batch_first_offset UInt64,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree
PARTITION BY toYYYYMM(batch_loaded_at)
ORDER BY (template, table, batch_loaded_at, batch)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 40
