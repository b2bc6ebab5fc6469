-- The price of one unit of each currency in the reporting currency, by day (FX5). With no rates loaded at all the board
-- is in native mode: one group a currency, nothing converted, nothing added up across currencies (FX6). With rates, an
-- amount whose currency has none on its day stays unconverted, which is NULL here and never 1 (FX4).
-- Decimal128 throughout: Decimal(18, 4) times a rate overflows at about a million (FX7). An amount of 4 decimals times a
-- rate of 12 is exact in 16, and so is every sum of them: lists add up to their headline to the last digit (R6, FX9).
(SELECT count() = 0 FROM fx_daily) AS native_mode,
rates AS (
    SELECT
        price.1 AS currency,
        rate_date,
        reporting_units / toDecimal128(nullIf(price.2, 0), 8) AS rate
    FROM (
        SELECT
            rate_date,
            arrayConcat(
                groupArrayIf((toString(currency), toDecimal128(per_eur, 12)), currency != 'EUR'),
                [('EUR', toDecimal128(1, 12))]
            ) AS prices,
            if({currency:String} = 'EUR', toDecimal128(1, 12),
                maxOrNullIf(toDecimal128(per_eur, 12), currency = {currency:String})) AS reporting_units
        FROM fx_daily FINAL
        GROUP BY rate_date
        HAVING reporting_units IS NOT NULL
    )
    ARRAY JOIN prices AS price
),
((amount, amount_currency, rate) -> multiIf(
    native_mode OR amount_currency = {currency:String}, CAST(amount AS Nullable(Decimal(38, 16))),
    CAST(amount AS Nullable(Decimal(38, 4))) * rate
)) AS converted
