-- What each collector says it accepted, by source and minute (from heartbeats): the greatest number it ever said.
CREATE TABLE IF NOT EXISTS accepted_counts ${on_cluster}
(
    instance LowCardinality(String),
    boot LowCardinality(String),
    source LowCardinality(String),
    minute DateTime('UTC'),
    accepted SimpleAggregateFunction(max, UInt64),
    heartbeat_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = ${family}AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (instance, boot, source, minute)
SETTINGS ${window} = 20000
