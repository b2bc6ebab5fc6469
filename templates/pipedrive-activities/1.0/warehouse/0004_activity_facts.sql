-- When each activity was first known to be done: webhooks v2 do not tell when it was marked.
CREATE TABLE IF NOT EXISTS activity_facts ${on_cluster}
(
    event_company_id UInt64,
    activity_id UInt64,
    first_done_time SimpleAggregateFunction(min, DateTime64(6, 'UTC'))
)
ENGINE = ${family}AggregatingMergeTree
ORDER BY (event_company_id, activity_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
