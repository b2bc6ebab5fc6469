-- The price of one unit of each currency in the reporting currency, by day (FX5). With no rates loaded at all the board
-- is in native mode: one group a currency, nothing converted, nothing added up across currencies (FX6). With rates, an
-- amount whose currency has none on its day stays unconverted, which is NULL here and never 1 (FX4).
-- Decimal128 throughout: Decimal(18, 4) times a rate overflows at about a million (FX7). An amount of 4 decimals times a
-- rate of 12 is exact in 16, and so is every sum of them: lists add up to their headline to the last digit (R6, FX9).
(SELECT count() = 0 FROM fx_daily) AS native_mode,
per_eur AS (
    SELECT toString(currency) AS currency, rate_date, toDecimal128(per_eur, 12) AS units
    FROM fx_daily FINAL
    WHERE currency != 'EUR'
    UNION ALL
    SELECT 'EUR' AS currency, rate_date, toDecimal128(1, 12) AS units
    FROM fx_daily FINAL
    GROUP BY rate_date
),
rates AS (
    SELECT
        priced.currency AS currency,
        priced.rate_date AS rate_date,
        reporting.units / toDecimal128(nullIf(priced.units, 0), 8) AS rate
    FROM per_eur AS priced
    INNER JOIN (
        SELECT rate_date, units FROM per_eur WHERE currency = {currency:String}
    ) AS reporting ON reporting.rate_date = priced.rate_date
),
((amount, amount_currency, rate) -> multiIf(
    native_mode OR amount_currency = {currency:String}, CAST(amount AS Nullable(Decimal(38, 16))),
    CAST(amount AS Nullable(Decimal(38, 4))) * rate
)) AS converted
