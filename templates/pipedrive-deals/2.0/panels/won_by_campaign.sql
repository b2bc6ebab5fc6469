-- Which campaigns, source by source, bring the won deals, and which share of the deals closed with them?
-- Deals closed in the period, by source and campaign of their latest version; those won are the ones of Won value, so the
-- rows add up to it. total is the sum of converted values of won deals (0 where none was won), average that sum by the
-- deals which have one (R9), win rate the won ones among won and lost. One group a currency shown; in each the first {top}
-- campaigns by total, and one row of all others. Campaigns of equal total come by number of won deals, then by source and
-- name; one with no converted value comes last. No source and no campaign are the word (not set).
WITH
    amounts AS (
        SELECT
            source,
            campaign,
            currency,
            toDate(deal_closed_at, {tz:String}) AS day,
            countIf(deal_status = 'won') AS won,
            countIf(deal_status = 'lost') AS lost,
            countIf(deal_status = 'won' AND deal_value IS NOT NULL) AS valued_deals,
            countIf(deal_status = 'won' AND deal_value = 0) AS zero_deals,
            sumIf(deal_value, deal_status = 'won') AS amount
        FROM scope
        WHERE deal_status IN ('won', 'lost')
            AND in_period(deal_closed_at)
        GROUP BY source, campaign, currency, day
    ),
    priced AS (
        SELECT
            amounts.source AS source,
            amounts.campaign AS campaign,
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.won AS won,
            amounts.lost AS lost,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    by_campaign AS (
        SELECT
            source,
            campaign,
            shown_currency,
            sum(won) AS all_won,
            sum(lost) AS all_lost,
            if(all_won = 0, toDecimal128(0, 16), sum(value)) AS total,
            sumIf(valued_deals, value IS NOT NULL) AS converted_deals,
            sumIf(valued_deals, value IS NULL) AS unconverted,
            sum(zero_deals) AS zero_value,
            sum(won - valued_deals) AS without_value
        FROM priced
        GROUP BY source, campaign, shown_currency
    ),
    ranked AS (
        SELECT
            source,
            campaign,
            shown_currency,
            all_won,
            all_lost,
            total,
            converted_deals,
            unconverted,
            zero_value,
            without_value,
            row_number() OVER (
                PARTITION BY shown_currency ORDER BY total DESC NULLS LAST, all_won DESC, source, campaign
            ) > {top:UInt16} AS is_rest
        FROM by_campaign
    )
SELECT
    shown_currency AS currency,
    if(is_rest, '', source) AS source,
    if(is_rest, '(other)', campaign) AS campaign,
    sum(all_won) AS won_deals,
    sum(all_lost) AS lost_deals,
    sum(total) AS total_value,
    total_value / nullIf(sum(converted_deals), 0) AS average_value,
    toFloat64(won_deals) / (won_deals + lost_deals) AS win_rate,
    sum(unconverted) AS unconverted_deals,
    sum(zero_value) AS zero_value_deals,
    sum(without_value) AS deals_without_value,
    is_rest AS is_other,
    count() AS campaigns
FROM ranked
GROUP BY currency, is_rest, source, campaign
ORDER BY
    currency != {currency:String}, currency = '(not set)', currency,
    is_rest, total_value DESC NULLS LAST, won_deals DESC, source, campaign
