-- The latest state of each deal (rule R1: one row a deal). Read with FINAL; deleted deals and the losing
-- side of a merge leave by is_deleted. In one partition: see docs/decisions/0003-one-partition-for-latest-state.md.
CREATE TABLE IF NOT EXISTS deals ${on_cluster}
(
    event_company_id UInt64,
    deal_id UInt64,
    event_ver UInt64,
    is_deleted UInt8,
    event_uuid UUID,
    event_time DateTime64(6, 'UTC'),
    event_received_at DateTime64(6, 'UTC'),
    event_action LowCardinality(String),
    event_user_id UInt64,
    event_source LowCardinality(String),
    event_merged_into UInt64,

    deal_title String,
    deal_value Nullable(Decimal(18, 4)),
    deal_currency LowCardinality(String),
    deal_status LowCardinality(String),
    deal_stage LowCardinality(String),
    deal_stage_id UInt64,
    deal_stage_order UInt32,
    deal_pipeline_id UInt64,
    deal_pipeline LowCardinality(String),
    deal_probability Nullable(Decimal(18, 4)),
    deal_owner_id UInt64,
    deal_owner_name LowCardinality(String),
    deal_lost_reason String,
    deal_is_archived Bool,
    deal_source_lead_id String,
    deal_label Array(String),
    deal_add_time Nullable(DateTime64(6, 'UTC')),
    deal_update_time Nullable(DateTime64(6, 'UTC')),
    deal_stage_change_time Nullable(DateTime64(6, 'UTC')),
    deal_won_time Nullable(DateTime64(6, 'UTC')),
    deal_lost_time Nullable(DateTime64(6, 'UTC')),
    deal_close_time Nullable(DateTime64(6, 'UTC')),
    deal_expected_close_date Nullable(Date32),
    deal_next_activity_date Nullable(Date32),
    deal_closed_at DateTime64(6, 'UTC') COMMENT 'won or lost time; 1970-01-01 while open, so that an index on it prunes',

    marketing_source LowCardinality(String),
    marketing_campaign LowCardinality(String),
    marketing_medium LowCardinality(String),
    marketing_source_origin LowCardinality(String),

    contact_id UInt64,
    contact_email String,
    contact_first_name String,
    contact_last_name String,
    contact_position String,

    organization_id UInt64,
    organization_name String,
    organization_industry LowCardinality(String),
    organization_company_size LowCardinality(String),
    organization_country LowCardinality(String),

    email_validation_status LowCardinality(String),
    email_validation_score LowCardinality(String),
    email_validation_disposable Bool,
    email_validation_webmail Bool,
    email_validation_block Bool,

    loaded_at DateTime64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(event_ver, is_deleted)
ORDER BY (event_company_id, deal_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
