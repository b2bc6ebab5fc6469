-- The log of deals that the founding article's schema takes: one row an event, named as the flat keys.
CREATE TABLE IF NOT EXISTS deal_events_1_03 ${on_cluster}
(
    event_company_id UInt64 CODEC(Delta, LZ4),
    event_time DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    event_uuid UUID,
    event_ver UInt64,
    event_revision UInt8,
    event_kind LowCardinality(String),
    event_received_at DateTime64(6, 'UTC') CODEC(Delta, LZ4),

    event_action LowCardinality(String),
    event_change_source LowCardinality(String),
    event_id String,
    event_is_bulk_update Bool,
    event_object LowCardinality(String),
    event_permitted_user_ids Array(UInt64),
    event_pipedrive_service_name LowCardinality(String),
    event_timestamp UInt64,
    event_timestamp_micro UInt64,
    event_prepublish_timestamp UInt64,
    event_trans_pending Bool,
    event_user_id UInt64,

    deal_stage LowCardinality(String),
    deal_value Decimal(18, 4),
    deal_currency LowCardinality(String),
    deal_status LowCardinality(String),

    marketing_source LowCardinality(String),
    marketing_campaign LowCardinality(String),

    contact_email String,
    contact_first_name String,
    contact_last_name String,
    contact_phone_number String,
    contact_position String,

    organization_company_size LowCardinality(String),
    organization_industry LowCardinality(String),

    metrics_average_deal_value Decimal(18, 4),
    metrics_total_deals UInt64,

    email_validation_status LowCardinality(String),
    email_validation_score LowCardinality(String),
    email_validation_email String,
    email_validation_regexp Bool,
    email_validation_gibberish Bool,
    email_validation_disposable Bool,
    email_validation_webmail Bool,
    email_validation_mx_records Bool,
    email_validation_smtp_server Bool,
    email_validation_smtp_check Bool,
    email_validation_accept_all Bool,
    email_validation_block Bool,
    email_validation_sources_1_domain String,
    email_validation_sources_1_uri String,
    email_validation_sources_1_extracted_on Date32,
    email_validation_sources_1_last_seen_on Date32,
    email_validation_sources_1_still_on_page Bool,
    email_validation_sources_2_domain String,
    email_validation_sources_2_uri String,
    email_validation_sources_2_extracted_on Date32,
    email_validation_sources_2_last_seen_on Date32,
    email_validation_sources_2_still_on_page Bool,

    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_batch_first_offset UInt64,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree(event_ver)
PARTITION BY toYear(event_time)
ORDER BY (event_company_id, event_object, event_id, event_time, event_uuid)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 40
