-- Rates of three currencies for each day that an event is of; zloty go without.
INSERT INTO fx_daily (currency, rate_date, per_eur)
SELECT
    currency,
    toDate(fromUnixTimestamp64Micro(${now}, 'UTC')) - number AS rate_date,
    toDecimal64(multiIf(currency = 'USD', 108000 + toUInt32(rate_date) % 900, currency = 'GBP', 85000 + toUInt32(rate_date) % 500, 100000), 8) / 100000
FROM numbers(420)
ARRAY JOIN ['EUR', 'USD', 'GBP'] AS currency
