-- Which organizations bring the most?
-- Organizations with deals won in the period (as in Won value) or open now (as in Open pipeline), by value won, the first
-- 25 of each currency shown. Equal values come by number of won deals, then by open value, then by id; one whose won deals
-- have no converted value comes last. Won values at the rate of the close day, open ones at that of the day of asof (FX3);
-- 0 where there is no such deal. The last event is that of any deal of the organization inside the filters, one in the
-- future counts as asof. The name is today's, else that of the newest deal which tells one. Deals without an organization
-- are (not set).
WITH
    amounts AS (
        SELECT
            organization_id,
            currency,
            deal_status = 'won' AS is_won,
            toDate(if(is_won, deal_closed_at, toDateTime64({asof:DateTime64(3, 'UTC')}, 6, 'UTC')), {tz:String}) AS day,
            count() AS deals,
            count(deal_value) AS valued_deals,
            sum(deal_value) AS amount
        FROM scope
        WHERE is_open_now(deal_status, deal_is_archived)
            OR (deal_status = 'won'
                AND in_period(deal_closed_at))
        GROUP BY organization_id, currency, is_won, day
    ),
    priced AS (
        SELECT
            amounts.organization_id AS organization_id,
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.is_won AS is_won,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    sums AS (
        SELECT
            organization_id,
            shown_currency,
            sumIf(deals, is_won) AS won,
            if(won = 0, toDecimal128(0, 16), sumIf(value, is_won)) AS won_total,
            sumIf(deals, NOT is_won) AS open,
            if(open = 0, toDecimal128(0, 16), sumIf(value, NOT is_won)) AS open_total,
            sumIf(valued_deals, is_won AND value IS NULL) AS unconverted,
            sumIf(valued_deals, NOT is_won AND value IS NULL) AS unconverted_open
        FROM priced
        GROUP BY organization_id, shown_currency
        ORDER BY won_total DESC NULLS LAST, won DESC, open_total DESC NULLS LAST, organization_id
        LIMIT 25 BY shown_currency
    ),
    -- The few rows as a value: a step that is read twice would be computed twice.
    (
        SELECT groupArray((shown_currency, organization_id, won, won_total, open, open_total, unconverted, unconverted_open))
        FROM sums
    ) AS lines,
    greatest AS (
        SELECT
            line.1 AS shown_currency,
            line.2 AS organization_id,
            line.3 AS won,
            line.4 AS won_total,
            line.5 AS open,
            line.6 AS open_total,
            line.7 AS unconverted,
            line.8 AS unconverted_open
        FROM (SELECT arrayJoin(lines) AS line)
    ),
    -- What any deal of these few tells of them.
    told AS (
        SELECT
            organization_id,
            max(event_time) AS last_event,
            argMaxIf(organization_name, event_ver, organization_name != '') AS name
        FROM scope
        WHERE organization_id IN (SELECT organization_id FROM greatest)
        GROUP BY organization_id
    )
SELECT
    greatest.shown_currency AS currency,
    greatest.organization_id AS organization_id,
    multiIf(
        greatest.organization_id = 0, '(not set)',
        organization_words.name != '', organization_words.name,
        told.name != '', told.name,
        concat('#', toString(greatest.organization_id))
    ) AS name,
    greatest.won_total AS won_value,
    greatest.won AS won_deals,
    greatest.open AS open_deals,
    greatest.open_total AS open_value,
    least(told.last_event, {asof:DateTime64(3, 'UTC')}) AS last_event_at,
    greatest.unconverted AS unconverted_deals,
    greatest.unconverted_open AS unconverted_open_deals
FROM greatest
LEFT ANY JOIN told ON told.organization_id = greatest.organization_id
LEFT ANY JOIN organization_words ON organization_words.organization_id = greatest.organization_id
ORDER BY
    currency != {currency:String}, currency = '(not set)', currency,
    won_value DESC NULLS LAST, won_deals DESC, open_value DESC NULLS LAST, organization_id
