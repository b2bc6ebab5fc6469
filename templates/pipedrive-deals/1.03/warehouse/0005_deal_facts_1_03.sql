-- What the events of a deal tell together, since none of them tells when it was created, won or lost. Only aggregates that a
-- repeated insert cannot change (rule R11). The time of winning is that of the first of `wins` after `last_not_won_ver`: the
-- event with which the deal last became won. Only events of a closed deal stand in a set, so sets stay small.
CREATE TABLE IF NOT EXISTS deal_facts_1_03 ${on_cluster}
(
    event_company_id UInt64,
    deal_id UInt64,
    first_event_time SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    stages_seen SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    last_not_won_ver SimpleAggregateFunction(max, UInt64),
    last_not_lost_ver SimpleAggregateFunction(max, UInt64),
    wins SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(UInt64, DateTime64(6, 'UTC')))) COMMENT 'event_ver and time',
    losses SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(UInt64, DateTime64(6, 'UTC'))))
)
ENGINE = ${family}AggregatingMergeTree
ORDER BY (event_company_id, deal_id)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
