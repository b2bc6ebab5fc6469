-- The latest state of each activity: one row an activity. Read with FINAL; deleted ones leave by is_deleted.
CREATE TABLE IF NOT EXISTS activities ${on_cluster}
(
    event_company_id UInt64,
    activity_id UInt64,
    event_ver UInt64,
    is_deleted UInt8,
    event_time DateTime64(6, 'UTC'),
    event_user_id UInt64,

    activity_type LowCardinality(String),
    activity_subject String,
    activity_done Bool,
    activity_due_date Nullable(Date32),
    activity_add_time Nullable(DateTime64(6, 'UTC')),
    activity_marked_as_done_time Nullable(DateTime64(6, 'UTC')),
    activity_owner_id UInt64,
    activity_owner_name LowCardinality(String),
    activity_deal_id UInt64,
    activity_lead_id String,

    contact_id UInt64,

    organization_id UInt64,

    loaded_at DateTime64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(event_ver, is_deleted)
ORDER BY (event_company_id, activity_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
