-- How much is won for each unit spent?
-- The value of the deals won in the period by all spend of the period; won deals without a value and spend or deals without a rate
-- are in neither sum. One row a currency shown; no row when nothing was spent and nothing won in either period. NULL when no spend
-- is known or it is 0, and when nothing of either sum has a rate. A period in which nothing was won has the return 0.
WITH
    totals AS (
        SELECT
            shown_currency,
            sumIf(spend_rows, is_now) AS all_rows,
            sumIf(spent, is_now) AS total,
            sumIf(spend_rows, is_now AND spent IS NULL) AS unconverted,
            sumIf(figures.deals, is_now) AS all_deals,
            sumIf(figures.won_value, is_now) AS all_won,
            sumIf(figures.valued_deals, is_now AND figures.won_value IS NULL) AS unconverted_won,
            sumIf(figures.deals - figures.valued_deals, is_now) AS without_value,
            sumIf(spent, is_before) AS previous_total,
            sumIf(figures.deals, is_before) AS previous_deals,
            sumIf(figures.won_value, is_before) AS previous_won
        FROM figures
        GROUP BY shown_currency
    )
SELECT
    shown_currency AS currency,
    toFloat64(won_value) / toFloat64(nullIf(total, 0)) AS return_on_spend,
    if(all_deals = 0, toDecimal128(0, 16), all_won) AS won_value,
    if(all_rows = 0, toDecimal128(0, 16), total) AS spend,
    unconverted AS unconverted_spend,
    unconverted_won AS unconverted_deals,
    without_value AS deals_without_value,
    toFloat64(if(previous_deals = 0, toDecimal128(0, 16), previous_won)) / toFloat64(nullIf(previous_total, 0)) AS previous_return,
    (return_on_spend - previous_return) / nullIf(previous_return, 0) AS change
FROM totals
ORDER BY currency != {currency:String}, currency = '(not set)', all_rows DESC, all_deals DESC, currency
