-- What became of the events that were accepted in each minute, as the loader saw it when it looked last: one row a company,
-- source and minute. accepted is the sum of the next five.
CREATE TABLE IF NOT EXISTS ledger_minutes ${on_cluster}
(
    event_company_id UInt64,
    minute DateTime('UTC') COMMENT 'of the first arrival',
    event_source LowCardinality(String),
    sent LowCardinality(String) COMMENT 'live: webhooks and flat events; backfill: history',
    accepted UInt64,
    loaded UInt64,
    rejected UInt64,
    filtered UInt64,
    in_flight UInt64,
    missing UInt64,
    doubled UInt64 COMMENT 'rows too many',
    looked_at DateTime64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(looked_at)
PARTITION BY toYYYYMM(minute)
ORDER BY (event_company_id, minute, event_source, sent)
SETTINGS ${window} = 1000
