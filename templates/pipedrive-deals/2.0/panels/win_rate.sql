-- Of the deals closed in the period, which share was won, by number and by value, and how far from the comparison period?
-- Closed: the latest status is won or lost and the won or lost time lies in the period; open deals, however late, are no
-- losses. One row, none when nothing was closed in the period. By value: the converted values of the won ones by those of
-- all closed ones, at the rate of the close day; a deal without a value or without a rate is in the number alone. NULL where
-- that sum is 0, and without rates where it would add up several currencies. The change is a difference of two rates, NULL
-- when nothing was closed in the comparison period (R7).
WITH
    amounts AS (
        SELECT
            currency,
            deal_status,
            toDate(deal_closed_at, {tz:String}) AS day,
            in_period(deal_closed_at) AS is_now,
            deal_closed_at >= {pfrom:DateTime64(3, 'UTC')} AND deal_closed_at < {pto:DateTime64(3, 'UTC')} AS is_before,
            count() AS deals,
            count(deal_value) AS valued_deals,
            sum(deal_value) AS amount
        FROM scope
        WHERE deal_status IN ('won', 'lost') AND (is_now OR is_before)
        GROUP BY currency, deal_status, day, is_now, is_before
    ),
    priced AS (
        SELECT
            amounts.currency AS currency,
            amounts.deal_status = 'won' AS is_won,
            amounts.is_now AS is_now,
            amounts.is_before AS is_before,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    totals AS (
        SELECT
            sumIf(deals, is_now AND is_won) AS won,
            sumIf(deals, is_now AND NOT is_won) AS lost,
            sumIf(deals, is_before AND is_won) AS previous_won,
            sumIf(deals, is_before) AS previous_closed,
            coalesce(sumIf(value, is_now AND is_won), 0) AS won_value,
            coalesce(sumIf(value, is_now), 0) AS closed_value,
            uniqExactIf(currency, is_now AND value IS NOT NULL) AS currencies,
            sumIf(valued_deals, is_now AND value IS NULL) AS unconverted
        FROM priced
    )
SELECT
    toFloat64(won) / nullIf(won + lost, 0) AS win_rate,
    won AS won_deals,
    lost AS lost_deals,
    if(native_mode AND currencies > 1, NULL, toFloat64(won_value) / toFloat64(nullIf(closed_value, 0))) AS win_rate_by_value,
    toFloat64(previous_won) / nullIf(previous_closed, 0) AS previous_win_rate,
    win_rate - previous_win_rate AS change_points,
    unconverted AS unconverted_deals
FROM totals
WHERE won + lost > 0
