-- What is open now, and what is it worth, plainly and weighted by its chance?
-- The latest status is open and the deal is not archived (R2); the period plays no part. Weighted is the value times the
-- deal's own probability, else its stage's, else 100 %, as Pipedrive defines it. Rates of the day of asof (FX3). One row a
-- currency shown, none when nothing is open. A deal without a value counts in the number alone.
-- Groups of equal number come by currency code.
WITH
    amounts AS (
        SELECT
            scope.currency AS currency,
            count() AS deals,
            count(scope.deal_value) AS valued_deals,
            countIf(scope.deal_value = 0) AS zero_deals,
            sum(scope.deal_value) AS amount,
            sum(weighted(scope.deal_value, scope.deal_probability, stage_rows.probability)) AS weighted_amount
        FROM scope
        LEFT ANY JOIN stage_rows ON stage_rows.stage_id = scope.deal_stage_id
        WHERE is_open_now(scope.deal_status, scope.deal_is_archived)
        GROUP BY currency
    ),
    priced AS (
        SELECT
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value,
            converted(amounts.weighted_amount, amounts.currency, rates.rate) AS weighted_value
        FROM amounts
        LEFT ANY JOIN rates
            ON rates.currency = amounts.currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
    )
SELECT
    shown_currency AS currency,
    sum(value) AS open_value,
    sum(deals) AS open_deals,
    sum(priced.weighted_value) AS weighted_value,
    open_value / nullIf(sumIf(valued_deals, value IS NOT NULL), 0) AS average_value,
    sumIf(valued_deals, value IS NULL) AS unconverted_deals,
    sum(zero_deals) AS zero_value_deals,
    sum(deals - valued_deals) AS deals_without_value
FROM priced
GROUP BY currency
ORDER BY currency != {currency:String}, currency = '(not set)', open_deals DESC, currency
