-- How long have the open deals been in their stage?
-- The deals of Open pipeline, so the rows add up to it, whatever the period, by calendar days in the present stage; each
-- deal once. One group a currency shown, and in each all five spans in their order, those without a deal too; a sixth,
-- (not set), only if there are deals of which no time is told. value is the sum of converted values at the rate of the
-- day of asof, 0 where there is no deal, NULL where none has a converted value.
WITH
    amounts AS (
        SELECT
            currency,
            age_span(days) AS span,
            count() AS deals,
            count(deal_value) AS valued_deals,
            sum(deal_value) AS amount
        FROM aged
        GROUP BY currency, span
    ),
    priced AS (
        SELECT
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.span AS span,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates
            ON rates.currency = amounts.currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
    )
SELECT
    shown_currency AS currency,
    age_word(shown_span) AS age,
    sumIf(deals, span = shown_span) AS open_deals,
    if(open_deals = 0, toDecimal128(0, 16), sumIf(value, span = shown_span)) AS open_value,
    sumIf(valued_deals, span = shown_span AND value IS NULL) AS unconverted_deals,
    sumIf(deals - valued_deals, span = shown_span) AS deals_without_value
FROM priced
ARRAY JOIN arrayDistinct([0, 1, 2, 3, 4, span]) AS shown_span
GROUP BY currency, shown_span
ORDER BY currency != {currency:String}, currency = '(not set)', currency, shown_span
