-- How much was won in the period, of how many deals, and how much in the comparison period?
-- A deal counts once, at its newest won time, if its latest status is won (R3, R5). One row a currency shown; no row when
-- nothing was won in either period. A deal without a value counts in the number, not in sum or average (R9); a deal of
-- value 0 counts in all three. Buckets run from the start of the period to asof: later ones are not yet, not zero.
-- Groups of equal number come by currency code.
WITH
    amounts AS (
        SELECT
            currency,
            toDate(deal_closed_at, {tz:String}) AS day,
            toDateTime(dateTrunc({grain:String}, deal_closed_at, {tz:String}), {tz:String}) AS bucket,
            in_period(deal_closed_at) AS is_now,
            deal_closed_at >= {pfrom:DateTime64(3, 'UTC')} AND deal_closed_at < {pto:DateTime64(3, 'UTC')} AS is_before,
            count() AS deals,
            count(deal_value) AS valued_deals,
            countIf(deal_value = 0) AS zero_deals,
            sum(deal_value) AS amount
        FROM scope
        WHERE deal_status = 'won' AND (is_now OR is_before)
        GROUP BY currency, day, bucket, is_now, is_before
    ),
    priced AS (
        SELECT
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.bucket AS bucket,
            amounts.is_now AS is_now,
            amounts.is_before AS is_before,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    totals AS (
        SELECT
            shown_currency,
            sumIf(deals, is_now) AS won_deals,
            sumIf(value, is_now) AS won_value,
            sumIf(valued_deals, is_now AND value IS NOT NULL) AS converted_deals,
            sumIf(valued_deals, is_now AND value IS NULL) AS unconverted_deals,
            sumIf(zero_deals, is_now) AS zero_value_deals,
            sumIf(deals - valued_deals, is_now) AS deals_without_value,
            sumIf(deals, is_before) AS previous_deals,
            sumIf(value, is_before) AS previous_value,
            groupArrayIf((bucket, coalesce(value, 0)), is_now) AS buckets_won
        FROM priced
        GROUP BY shown_currency
    ),
    buckets AS (
        WITH least(subtractMilliseconds({to:DateTime64(3, 'UTC')}, 1), {asof:DateTime64(3, 'UTC')}) AS last_moment
        SELECT arrayDistinct(arrayMap(
            step -> toDateTime(
                dateTrunc({grain:String}, if({grain:String} = 'hour',
                    addHours({from:DateTime64(3, 'UTC')}, step),
                    addHours({from:DateTime64(3, 'UTC')}, 24 * step + 12)), {tz:String}),
                {tz:String}),
            range(toUInt32(greatest(0, 1 + if({grain:String} = 'hour',
                intDiv(dateDiff('second', {from:DateTime64(3, 'UTC')}, last_moment), 3600),
                dateDiff('day', {from:DateTime64(3, 'UTC')}, last_moment, {tz:String})))))
        )) AS starts
    )
SELECT
    shown_currency AS currency,
    if(won_deals = 0, toDecimal128(0, 16), won_value) AS won_value,
    won_deals,
    won_value / nullIf(converted_deals, 0) AS average_value,
    unconverted_deals,
    zero_value_deals,
    deals_without_value,
    previous_value,
    previous_deals,
    toFloat64(won_value - previous_value) / toFloat64(nullIf(previous_value, 0)) AS change,
    starts AS spark_at,
    arrayMap(
        start -> arraySum(arrayMap(won -> won.2, arrayFilter(won -> won.1 = start, buckets_won))),
        starts
    ) AS spark_value
FROM totals
CROSS JOIN buckets
ORDER BY currency != {currency:String}, currency = '(not set)', won_deals DESC, currency
