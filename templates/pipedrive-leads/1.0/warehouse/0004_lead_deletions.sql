-- Which leads were deleted, and by the version of which event: a newer state means that the lead is there again.
CREATE TABLE IF NOT EXISTS lead_deletions ${on_cluster}
(
    event_company_id UInt64,
    lead_id String,
    deleted_ver SimpleAggregateFunction(max, UInt64)
)
ENGINE = ${family}AggregatingMergeTree
ORDER BY (event_company_id, lead_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
