-- Units of a currency per one euro, one row a calendar day (rule FX5). Empty until a source of rates is configured.
CREATE TABLE IF NOT EXISTS fx_daily ${on_cluster}
(
    currency LowCardinality(String),
    rate_date Date,
    per_eur Decimal(18, 8),
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(loaded_at)
ORDER BY (currency, rate_date)
SETTINGS ${window} = 1000
