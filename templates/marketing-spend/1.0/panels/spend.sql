-- How much was spent in the period, and how much in the comparison period?
-- Each row of spend counts on its day, converted at that day's rate. One row a currency shown; no row when nothing is known to be
-- spent in either period. Spend without a rate is not in the sum; unconverted_spend tells how many such rows there are. The sum is
-- NULL when no row of it has a rate, and 0 when there is none. Buckets run from the start of the period to asof: later ones are not
-- yet, not zero.
WITH
    totals AS (
        SELECT
            shown_currency,
            sumIf(figures.spend_rows, is_now) AS all_rows,
            sumIf(spent, is_now) AS total,
            sumIf(figures.spend_rows, is_now AND spent IS NULL) AS unconverted,
            uniqExactIf((source, campaign), is_now AND figures.spend_rows > 0) AS all_campaigns,
            sumIf(figures.spend_rows, is_before) AS previous_rows,
            sumIf(spent, is_before) AS previous_total,
            groupArrayIf((bucket_of(at), assumeNotNull(spent)), is_now AND spent IS NOT NULL) AS buckets_spent
        FROM figures
        WHERE figures.spend_rows > 0
        GROUP BY shown_currency
    ),
    run AS (
        SELECT arraySort(groupArray(start)) AS starts FROM buckets WHERE NOT is_ahead
    )
SELECT
    shown_currency AS currency,
    if(all_rows = 0, toDecimal128(0, 16), total) AS spend,
    all_campaigns AS campaigns,
    all_rows AS spend_rows,
    unconverted AS unconverted_spend,
    if(previous_rows = 0, NULL, previous_total) AS previous_spend,
    toFloat64(spend - previous_spend) / toFloat64(nullIf(previous_spend, 0)) AS change,
    starts AS spark_at,
    arrayMap(
        start -> arraySum(arrayMap(spent -> spent.2, arrayFilter(spent -> spent.1 = start, buckets_spent))),
        starts
    ) AS spark_value
FROM totals
CROSS JOIN run
ORDER BY currency != {currency:String}, all_rows DESC, currency
