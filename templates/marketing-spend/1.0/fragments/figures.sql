-- Spend and won deals side by side (needs spend, won, rates, in_period): what was spent on a day and what was won in an hour, by
-- source, campaign and currency shown, in the period (is_now) and in the comparison period (is_before). Nothing is joined, so a
-- spend without a deal and a deal without spend are there like all others. Spend is converted at the rate of its day, a deal at
-- that of the day it was won (FX3); a value is NULL where nothing of it has a rate (FX4). A day of spend is in a period when its
-- midnight is.
amounts AS (
    SELECT
        source,
        campaign,
        currency,
        day_start AS at,
        in_period(day_start) AS is_now,
        day_start >= {pfrom:DateTime64(3, 'UTC')} AND day_start < {pto:DateTime64(3, 'UTC')} AS is_before,
        count() AS spend_rows,
        0 AS deals,
        0 AS valued_deals,
        toNullable(sum(amount)) AS spend_amount,
        CAST(NULL AS Nullable(Decimal(38, 4))) AS won_amount
    FROM spend
    WHERE is_now OR is_before
    GROUP BY source, campaign, currency, at, is_now, is_before
    UNION ALL
    SELECT
        source,
        campaign,
        currency,
        toDateTime(dateTrunc('hour', won_at, {tz:String}), {tz:String}) AS at,
        in_period(won_at) AS is_now,
        won_at >= {pfrom:DateTime64(3, 'UTC')} AND won_at < {pto:DateTime64(3, 'UTC')} AS is_before,
        0 AS spend_rows,
        count() AS deals,
        count(deal_value) AS valued_deals,
        CAST(NULL AS Nullable(Decimal(38, 4))) AS spend_amount,
        sum(deal_value) AS won_amount
    FROM won
    WHERE is_now OR is_before
    GROUP BY source, campaign, currency, at, is_now, is_before
),
figures AS (
    SELECT
        amounts.source AS source,
        amounts.campaign AS campaign,
        if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
        amounts.at AS at,
        amounts.is_now AS is_now,
        amounts.is_before AS is_before,
        amounts.spend_rows AS spend_rows,
        amounts.deals AS deals,
        amounts.valued_deals AS valued_deals,
        converted(amounts.spend_amount, amounts.currency, rates.rate) AS spent,
        converted(amounts.won_amount, amounts.currency, rates.rate) AS won_value
    FROM amounts
    LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = toDate(amounts.at, {tz:String})
)
