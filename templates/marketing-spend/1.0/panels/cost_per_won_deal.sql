-- What does a won deal cost?
-- All spend of the period by all deals won in it, also those that no spend is known for; so spend of campaigns that won nothing is
-- carried by the others. One row a currency shown; no row when nothing was spent and nothing won in either period. NULL when nothing
-- was won, when no spend is known, or when none of it has a rate.
WITH
    totals AS (
        SELECT
            shown_currency,
            sumIf(spend_rows, is_now) AS all_rows,
            sumIf(spent, is_now) AS total,
            sumIf(spend_rows, is_now AND spent IS NULL) AS unconverted,
            sumIf(deals, is_now) AS all_deals,
            sumIf(spend_rows, is_before) AS previous_rows,
            sumIf(spent, is_before) AS previous_total,
            sumIf(deals, is_before) AS previous_deals
        FROM figures
        GROUP BY shown_currency
    )
SELECT
    shown_currency AS currency,
    if(all_rows = 0, NULL, total / nullIf(all_deals, 0)) AS cost_per_won_deal,
    if(all_rows = 0, toDecimal128(0, 16), total) AS spend,
    all_deals AS won_deals,
    unconverted AS unconverted_spend,
    if(previous_rows = 0, NULL, previous_total / nullIf(previous_deals, 0)) AS previous_cost,
    toFloat64(cost_per_won_deal - previous_cost) / toFloat64(nullIf(previous_cost, 0)) AS change
FROM totals
ORDER BY currency != {currency:String}, currency = '(not set)', all_rows DESC, won_deals DESC, currency
