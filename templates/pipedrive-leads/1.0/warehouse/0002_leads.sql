-- The newest state of each lead that an event told of. A lead that becomes a deal is deleted in Pipedrive and says nothing more
-- of itself then: what it was stays here, and that it was deleted stands in lead_deletions.
CREATE TABLE IF NOT EXISTS leads ${on_cluster}
(
    event_company_id UInt64,
    lead_id String,
    event_ver UInt64,
    event_time DateTime64(6, 'UTC'),
    event_user_id UInt64,

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

    loaded_at DateTime64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(event_ver)
ORDER BY (event_company_id, lead_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
