-- When somebody first did something for each lead. When a lead becomes a deal its activities move along: what was done before
-- stays known here.
CREATE TABLE IF NOT EXISTS lead_touches ${on_cluster}
(
    event_company_id UInt64,
    lead_id String,
    first_done_time SimpleAggregateFunction(min, DateTime64(6, 'UTC'))
)
ENGINE = ${family}AggregatingMergeTree
ORDER BY (event_company_id, lead_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
