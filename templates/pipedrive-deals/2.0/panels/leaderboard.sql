-- Who won how much in the period, and did they climb or fall since the comparison period?
-- One row an owner of deals, today's (R10), never who acted: won and lost are the deals closed in the period (as in Won
-- value, so the rows add up to it), open those open now (as in Open pipeline), cycle the mean days from adding to winning
-- of the deals won in the period, without those won before they were added (R12). Ranked by won value; equal values share
-- a rank and come by number of won deals, then by number of open ones, then by name. Who won nothing, or nothing with a
-- converted value, has no rank and comes last. The change is the rank in the comparison period less this one, NULL without
-- either. One group a currency shown, each with ranks of its own; in each the first {top} owners and one row of all others.
-- Won values at the rate of the close day, open ones at that of the day of asof (FX3); 0 where there is no such deal.
WITH
    amounts AS (
        SELECT
            deal_owner_id AS owner_id,
            currency,
            toString(deal_status) AS status,
            status != 'open' AND in_period(deal_closed_at) AS is_now,
            status = 'won' AND deal_closed_at >= {pfrom:DateTime64(3, 'UTC')} AND deal_closed_at < {pto:DateTime64(3, 'UTC')} AS is_before,
            toDate(if(status = 'open', toDateTime64({asof:DateTime64(3, 'UTC')}, 6, 'UTC'), deal_closed_at), {tz:String}) AS day,
            count() AS deals,
            count(deal_value) AS valued_deals,
            countIf(deal_value = 0) AS zero_deals,
            sum(deal_value) AS amount,
            countIf(deal_closed_at >= deal_add_time) AS timed_deals,
            sumIf(dateDiff('second', deal_add_time, deal_closed_at), deal_closed_at >= deal_add_time) AS cycle_seconds,
            max(if(owner_name = '', (toUInt64(0), ''), (event_ver, owner_name))) AS newest_name
        FROM scope
        WHERE is_open_now(deal_status, deal_is_archived) OR (deal_status IN ('won', 'lost') AND (is_now OR is_before))
        GROUP BY owner_id, currency, status, is_now, is_before, day
    ),
    priced AS (
        SELECT
            amounts.owner_id AS owner_id,
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.status = 'won' AND amounts.is_now AS is_won,
            amounts.status = 'lost' AND amounts.is_now AS is_lost,
            amounts.status = 'open' AS is_open,
            amounts.is_before AS is_before,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            amounts.timed_deals AS timed_deals,
            amounts.cycle_seconds AS cycle_seconds,
            amounts.newest_name AS newest_name,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    by_owner AS (
        SELECT
            owner_id,
            shown_currency,
            sumIf(deals, is_won) AS won,
            if(won = 0, toDecimal128(0, 16), sumIf(value, is_won)) AS won_total,
            sumIf(deals, is_lost) AS lost,
            sumIf(deals, is_open) AS open,
            if(open = 0, toDecimal128(0, 16), sumIf(value, is_open)) AS open_total,
            sumIf(value, is_before) AS total_before,
            sumIf(timed_deals, is_won) AS timed,
            sumIf(cycle_seconds, is_won) AS seconds,
            sumIf(valued_deals, is_won AND value IS NULL) AS unconverted,
            sumIf(valued_deals, is_open AND value IS NULL) AS unconverted_open,
            sumIf(zero_deals, is_won) AS zero_value,
            sumIf(deals - valued_deals, is_won) AS without_value,
            max(newest_name) AS newest_name
        FROM priced
        GROUP BY owner_id, shown_currency
    ),
    placed AS (
        SELECT
            owner_id,
            shown_currency,
            won,
            won_total,
            lost,
            open,
            open_total,
            timed,
            seconds,
            unconverted,
            unconverted_open,
            zero_value,
            without_value,
            max(newest_name) OVER (PARTITION BY owner_id) AS name_of_deals,
            won > 0 AND won_total IS NOT NULL AS is_placed,
            if(is_placed, toNullable(rank() OVER (PARTITION BY shown_currency, is_placed ORDER BY won_total DESC)), NULL) AS place,
            if(total_before IS NOT NULL, toNullable(rank() OVER (PARTITION BY shown_currency ORDER BY total_before DESC NULLS LAST)), NULL) AS place_before
        FROM by_owner
    ),
    named AS (
        SELECT
            placed.owner_id AS owner_id,
            multiIf(
                placed.owner_id = 0, '(not set)',
                users.name != '', users.name,
                placed.name_of_deals.2 != '', placed.name_of_deals.2,
                concat('#', toString(placed.owner_id))
            ) AS name,
            placed.shown_currency AS shown_currency,
            placed.won AS won,
            placed.won_total AS won_total,
            placed.lost AS lost,
            placed.open AS open,
            placed.open_total AS open_total,
            placed.timed AS timed,
            placed.seconds AS seconds,
            placed.unconverted AS unconverted,
            placed.unconverted_open AS unconverted_open,
            placed.zero_value AS zero_value,
            placed.without_value AS without_value,
            placed.place AS place,
            placed.place_before AS place_before,
            row_number() OVER (
                PARTITION BY placed.shown_currency
                ORDER BY placed.place ASC NULLS LAST, placed.won DESC, placed.open DESC, name, placed.owner_id
            ) AS line
        FROM placed
        LEFT ANY JOIN users ON users.user_id = placed.owner_id
        WHERE placed.won + placed.lost + placed.open > 0
    )
SELECT
    shown_currency AS currency,
    if(is_other, NULL, min(place)) AS rank,
    if(is_other, NULL, min(toInt64(place_before) - toInt64(place))) AS rank_change,
    if(is_other, 0, min(named.owner_id)) AS owner_id,
    if(is_other, '(other)', min(name)) AS owner,
    sum(won_total) AS won_value,
    sum(won) AS won_deals,
    sum(lost) AS lost_deals,
    toFloat64(won_deals) / nullIf(won_deals + lost_deals, 0) AS win_rate,
    sum(open) AS open_deals,
    sum(open_total) AS open_value,
    toFloat64(sum(seconds)) / 86400 / nullIf(sum(timed), 0) AS cycle_days,
    sum(unconverted) AS unconverted_deals,
    sum(unconverted_open) AS unconverted_open_deals,
    sum(zero_value) AS zero_value_deals,
    sum(without_value) AS deals_without_value,
    line > {top:UInt16} AS is_other,
    count() AS owners
FROM named
GROUP BY currency, is_other, least(line, {top:UInt16} + 1)
ORDER BY currency != {currency:String}, currency = '(not set)', currency, min(line)
