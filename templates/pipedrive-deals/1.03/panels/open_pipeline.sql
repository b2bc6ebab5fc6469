-- What is open now, and what is it worth?
-- The latest status is open; the period plays no part. The founding event tells no probability, so nothing is weighted, and not
-- whether a deal is archived, so such deals are in. Rates of the day of asof (FX3). One row a currency shown, none when
-- nothing is open. Groups of equal number come by currency code.
WITH
    amounts AS (
        SELECT currency, count() AS deals, countIf(deal_value = 0) AS zero_deals, sum(deal_value) AS amount
        FROM scope
        WHERE is_open_now(deal_status, deal_is_archived)
        GROUP BY currency
    ),
    priced AS (
        SELECT
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.deals AS deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates
            ON rates.currency = amounts.currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
    )
SELECT
    shown_currency AS currency,
    sum(value) AS open_value,
    sum(deals) AS open_deals,
    open_value / nullIf(sumIf(deals, value IS NOT NULL), 0) AS average_value,
    sumIf(deals, value IS NULL) AS unconverted_deals,
    sum(zero_deals) AS zero_value_deals
FROM priced
GROUP BY currency
ORDER BY currency != {currency:String}, currency = '(not set)', open_deals DESC, currency
