-- The latest state of each deal of the founding article's columns (rule R1: one row a deal). Read with FINAL. Its schema takes
-- updates alone, so a deal that was deleted in Pipedrive stays. In one partition: see docs/decisions/0003-one-partition-for-latest-state.md.
CREATE TABLE IF NOT EXISTS deals_1_03 ${on_cluster}
(
    event_company_id UInt64,
    deal_id UInt64,
    event_ver UInt64,
    event_uuid UUID,
    event_time DateTime64(6, 'UTC'),

    deal_stage LowCardinality(String),
    deal_value Decimal(18, 4),
    deal_currency LowCardinality(String),
    deal_status LowCardinality(String),

    marketing_source LowCardinality(String),
    marketing_campaign LowCardinality(String),

    contact_key UInt64 COMMENT '48 bits of a hash of the address without case: the same for one contact; 0 without an address',
    contact_email String,
    contact_first_name String,
    contact_last_name String,

    organization_company_size LowCardinality(String),
    organization_industry LowCardinality(String),

    metrics_average_deal_value Decimal(18, 4),

    email_validation_status LowCardinality(String),
    email_validation_score LowCardinality(String),
    email_validation_disposable Bool,
    email_validation_block Bool,

    loaded_at DateTime64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(event_ver)
ORDER BY (event_company_id, deal_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
