-- What was ever true of a deal. Only aggregates that a repeated insert cannot change (rule R11).
CREATE TABLE IF NOT EXISTS deal_facts ${on_cluster}
(
    event_company_id UInt64,
    deal_id UInt64,
    first_event_time SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_event_time SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    stages_seen SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)),
    ever_won SimpleAggregateFunction(max, UInt8)
)
ENGINE = ${family}AggregatingMergeTree
ORDER BY (event_company_id, deal_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
