-- What each collector says it accepted, by source and minute (from heartbeats): the greatest number it ever said.
CREATE TABLE IF NOT EXISTS accepted_counts ${on_cluster}
(
    instance LowCardinality(String),
    boot LowCardinality(String),
    source LowCardinality(String),
    minute DateTime('UTC'),
    accepted SimpleAggregateFunction(max, UInt64),
    rejected SimpleAggregateFunction(max, UInt64),
    last_number SimpleAggregateFunction(max, UInt64) COMMENT 'the last number this boot has given',
    unanswered SimpleAggregateFunction(groupUniqArrayArray, Array(String)) COMMENT 'numbers of this boot without a 2xx: first-last',
    heartbeat_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    insert_deadline SimpleAggregateFunction(max, DateTime64(3, 'UTC')) DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (instance, boot, source, minute)
SETTINGS ${window} = 20000, ${small_inserts}, min_parts_to_merge_at_once = 10
