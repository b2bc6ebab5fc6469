-- How much money a day do the open deals promise: their number × average won value × win rate ÷ days of a sales cycle?
-- Open deals are those of now (as in Open pipeline); the other three parts are of the deals closed in the last 90 days of
-- the board's zone, or in the chosen period where more days of it have passed. Each part as in its own panel: the average
-- over deals with a converted value (R9, rate of the close day), the rate by number, the mean over known durations, floored
-- at one hour so that one instant win cannot explode it. NULL when a part is missing. One row a currency shown, without
-- rates with all parts of that currency's own deals; none when nothing is open and nothing was closed.
-- Groups of equal number of open deals come by currency code.
WITH
    amounts AS (
        SELECT
            currency,
            deal_status,
            toDate(deal_closed_at, {tz:String}) AS day,
            count() AS deals,
            count(deal_value) AS valued_deals,
            sum(deal_value) AS amount,
            count(cycle_seconds(deal_add_time, deal_closed_at)) AS timed_deals,
            sum(cycle_seconds(deal_add_time, deal_closed_at)) AS seconds,
            countIf(deal_closed_at < deal_add_time) AS negative
        FROM scope
        WHERE is_open_now(deal_status, deal_is_archived)
            OR (deal_status IN ('won', 'lost') AND is_recent(deal_closed_at))
        GROUP BY currency, deal_status, day
    ),
    priced AS (
        SELECT
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.deal_status AS status,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.timed_deals AS timed_deals,
            amounts.seconds AS seconds,
            amounts.negative AS negative,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    parts AS (
        SELECT
            shown_currency,
            sumIf(deals, status = 'open') AS open,
            sumIf(deals, status = 'won') AS won,
            sumIf(deals, status IN ('won', 'lost')) AS closed,
            sumIf(value, status = 'won') / nullIf(sumIf(valued_deals, status = 'won' AND value IS NOT NULL), 0) AS average,
            nullIf(sumIf(timed_deals, status = 'won'), 0) AS timed,
            sumIf(seconds, status = 'won') AS timed_seconds,
            sumIf(valued_deals, status = 'won' AND value IS NULL) AS unconverted,
            sumIf(negative, status = 'won') AS negative
        FROM priced
        GROUP BY shown_currency
    )
SELECT
    shown_currency AS currency,
    CAST(toDecimal256(average, 16) * open * won / nullIf(closed, 0)
        * 86400 * timed / greatest(timed_seconds, toInt64(3600 * timed)) AS Nullable(Decimal(38, 16))) AS velocity,
    open AS open_deals,
    average AS average_won_value,
    toFloat64(won) / nullIf(closed, 0) AS win_rate,
    toFloat64(timed_seconds) / 86400 / timed AS cycle_days,
    unconverted AS unconverted_deals,
    negative AS negative_durations
FROM parts
ORDER BY currency != {currency:String}, currency = '(not set)', open_deals DESC, currency
