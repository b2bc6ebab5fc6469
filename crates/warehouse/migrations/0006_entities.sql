-- The last known state of each entity, by id: where a stage, pipeline, owner, organization, or contact gets its present words.
-- A deleted or merged entity keeps its row (entity_gone says so), since old deals still name it; only an erased one leaves.
CREATE TABLE IF NOT EXISTS entities ${on_cluster}
(
    event_company_id UInt64,
    entity_object LowCardinality(String),
    entity_id String,
    event_ver UInt64,
    is_erased UInt8,
    entity_gone LowCardinality(String) COMMENT 'empty, deleted, or merged',
    entity_merged_into String,
    entity_name String COMMENT 'name or title',
    entity_order UInt32 COMMENT 'of a stage or pipeline',
    entity_pipeline_id UInt64 COMMENT 'of a stage or deal',
    entity_probability Nullable(Decimal(18, 4)) COMMENT 'of a stage or deal, percent',
    entity_owner_id UInt64,
    entity_organization_id UInt64 COMMENT 'of a person or deal',
    entity_industry LowCardinality(String),
    entity_company_size LowCardinality(String),
    entity_employee_count Nullable(UInt64),
    entity_country LowCardinality(String),
    entity_is_active Bool,
    entity_add_time Nullable(DateTime64(6, 'UTC')),
    entity_update_time Nullable(DateTime64(6, 'UTC')),
    entity_state String COMMENT 'JSON' CODEC(ZSTD(1)),

    kafka_topic_id LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_batch_first_offset UInt64,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree(event_ver, is_erased)
ORDER BY (event_company_id, entity_object, entity_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
