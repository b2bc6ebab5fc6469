-- The log of leads: one row an event, named as the flat keys. An event completed later comes again with a
-- greater event_revision, hence a greater event_ver, and replaces the first.
CREATE TABLE IF NOT EXISTS lead_events ${on_cluster}
(
    event_company_id UInt64 CODEC(Delta, LZ4),
    lead_id String,
    event_time DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    event_uuid UUID,
    event_ver UInt64,
    event_revision UInt8,
    event_kind LowCardinality(String),
    event_received_at DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    event_object LowCardinality(String),
    event_action LowCardinality(String),
    event_id String,
    event_user_id UInt64,
    event_source LowCardinality(String),
    event_host LowCardinality(String),
    event_change_source LowCardinality(String),
    event_is_bulk_update Bool,
    event_timestamp_micro UInt64,
    event_webhook_version UInt8,
    event_missing Array(String),

    lead_title String,
    lead_value Nullable(Decimal(18, 4)),
    lead_currency LowCardinality(String),
    lead_owner_id UInt64,
    lead_owner_name LowCardinality(String),
    lead_source_name LowCardinality(String),
    lead_label Array(String),
    lead_is_archived Bool,
    lead_add_time Nullable(DateTime64(6, 'UTC')),
    lead_update_time Nullable(DateTime64(6, 'UTC')),
    lead_expected_close_date Nullable(Date32),

    marketing_source LowCardinality(String),
    marketing_campaign LowCardinality(String),
    marketing_medium LowCardinality(String),
    marketing_source_origin LowCardinality(String),

    contact_id UInt64,

    organization_id UInt64,
    organization_name String,
    organization_industry LowCardinality(String),
    organization_company_size LowCardinality(String),

    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_batch_first_offset UInt64,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),

    INDEX event_time_range event_time TYPE minmax GRANULARITY 1,
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree(event_ver)
PARTITION BY toYear(event_time)
ORDER BY (event_company_id, lead_id, event_time, event_uuid)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 40
