-- What was spent, one row a day, source, campaign and currency: the one of the newest import. Read with FINAL; a row that a later
-- import of the same day and source has no more leaves by is_deleted. An import is one insert, hence one part: it is there whole
-- or not at all.
CREATE TABLE IF NOT EXISTS marketing_spend ${on_cluster}
(
    event_company_id UInt64,
    spend_day Date,
    marketing_source LowCardinality(String),
    marketing_campaign String,
    spend_currency LowCardinality(String),
    spend_amount Decimal(18, 4),
    spend_clicks Nullable(UInt64),
    spend_impressions Nullable(UInt64),
    imported_at DateTime64(6, 'UTC'),
    is_deleted UInt8 DEFAULT 0,

    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),

    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}ReplacingMergeTree(imported_at, is_deleted)
ORDER BY (event_company_id, spend_day, marketing_source, marketing_campaign, spend_currency)
SETTINGS ${window} = 1000, ${small_inserts}
