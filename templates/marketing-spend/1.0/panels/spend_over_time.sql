-- How much was spent and how much was won in each bucket of the period?
-- Spend counts in the bucket that holds its day's midnight, a deal in that of its won time; both add up to their headlines. One row
-- a bucket and currency shown, in order, 0 where nothing was; NULL where nothing of a sum has a rate, and where the bucket begins
-- after asof: not yet. No row when nothing was spent and nothing won.
WITH
    cells AS (
        SELECT
            shown_currency,
            bucket_of(at) AS start,
            if(sum(spend_rows) = 0, toDecimal128(0, 16), sum(spent)) AS total,
            sumIf(spend_rows, spend_rows > 0 AND spent IS NULL) AS unconverted,
            sum(deals) AS all_deals,
            if(all_deals = 0, toDecimal128(0, 16), sum(figures.won_value)) AS all_won,
            sumIf(valued_deals, figures.won_value IS NULL) AS unconverted_won,
            sum(deals - valued_deals) AS without_value
        FROM figures
        WHERE is_now
        GROUP BY shown_currency, start
    ),
    grid AS (
        SELECT currencies.shown_currency AS shown_currency, buckets.start AS start, buckets.is_ahead AS is_ahead
        FROM (SELECT DISTINCT shown_currency FROM cells) AS currencies
        CROSS JOIN buckets
    )
SELECT
    grid.shown_currency AS currency,
    grid.start AS bucket_at,
    if(grid.is_ahead, NULL, if(cells.shown_currency = '', toDecimal128(0, 16), cells.total)) AS spend,
    if(grid.is_ahead, NULL, if(cells.shown_currency = '', toDecimal128(0, 16), cells.all_won)) AS won_value,
    if(grid.is_ahead, NULL, cells.all_deals) AS won_deals,
    cells.unconverted AS unconverted_spend,
    cells.unconverted_won AS unconverted_deals,
    cells.without_value AS deals_without_value
FROM grid
LEFT ANY JOIN cells ON cells.shown_currency = grid.shown_currency AND cells.start = grid.start
ORDER BY currency != {currency:String}, currency = '(not set)', currency, bucket_at
