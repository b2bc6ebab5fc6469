-- Deals as lists show them, one row a deal (needs scope, rates, cycle, weighted, ages, stage_rows, users, organization_words and the
-- list's own condition `is_listed` on deals of scope). Words of stages, owners and organizations are today's, else the deal's own.
-- Closed deals are converted at the rate of the close day, others at that of the day of asof (FX3), as panels do. The
-- address of a deal is on the account's host, empty while no event has told it.
(
    SELECT any(event_host)
    FROM (
        SELECT toString(event_host) AS event_host
        FROM deal_events
        WHERE event_company_id = {company:UInt64} AND match(event_host, '^[A-Za-z0-9][A-Za-z0-9.-]*$')
        LIMIT 1
    )
) AS account_host,
listed AS (
    SELECT
        deal_id,
        title,
        deal_value,
        currency,
        deal_status,
        deal_stage_id,
        stage_word,
        deal_probability,
        deal_add_time,
        deal_closed_at,
        deal_stage_change_time,
        deal_expected_close_date,
        deal_next_activity_date,
        deal_lost_reason,
        deal_owner_id,
        owner_name,
        source,
        campaign,
        organization_id,
        organization_name,
        industry_word
    FROM scope
    WHERE is_listed
),
deal_rows AS (
    SELECT
        listed.deal_id AS deal_id,
        if(listed.title != '', listed.title, concat('#', toString(listed.deal_id))) AS title,
        multiIf(
            listed.deal_owner_id = 0, '(not set)',
            users.name != '', users.name,
            listed.owner_name != '', listed.owner_name,
            concat('#', toString(listed.deal_owner_id))
        ) AS owner,
        multiIf(
            listed.deal_stage_id = 0, '(not set)',
            stage_rows.name != '', stage_rows.name,
            listed.stage_word != '', listed.stage_word,
            concat('#', toString(listed.deal_stage_id))
        ) AS stage,
        multiIf(
            listed.organization_id = 0, '(not set)',
            organization_words.name != '', organization_words.name,
            listed.organization_name != '', listed.organization_name,
            concat('#', toString(listed.organization_id))
        ) AS organization,
        multiIf(
            organization_words.industry != '', organization_words.industry,
            listed.industry_word != '', listed.industry_word,
            '(not set)') AS industry,
        toString(listed.deal_status) AS status,
        listed.deal_value AS value,
        listed.currency AS value_currency,
        if(native_mode, listed.currency, {currency:String}) AS currency,
        converted(listed.deal_value, listed.currency, rates.rate) AS converted_value,
        converted(
            weighted(listed.deal_value, listed.deal_probability, stage_rows.probability),
            listed.currency, rates.rate) AS weighted_value,
        listed.deal_value IS NOT NULL AND converted_value IS NULL AS is_unconverted,
        coalesce(listed.deal_value = 0, false) AS is_zero,
        listed.deal_value IS NULL AS is_without_value,
        listed.deal_status = 'won' AS is_won,
        listed.deal_status = 'lost' AS is_lost,
        if(is_won, converted_value, NULL) AS won_part,
        listed.deal_add_time AS created_at,
        if(is_won OR is_lost, toNullable(listed.deal_closed_at), NULL) AS closed_at,
        if(is_won, toFloat64(cycle_seconds(listed.deal_add_time, listed.deal_closed_at)) / 86400, NULL) AS cycle_days,
        is_won AND coalesce(listed.deal_closed_at < listed.deal_add_time, false) AS is_negative,
        not_ahead(coalesce(listed.deal_stage_change_time, listed.deal_add_time)) AS in_stage_since,
        toFloat64(days_since(coalesce(listed.deal_stage_change_time, listed.deal_add_time))) AS age_days,
        listed.deal_expected_close_date AS expected_close,
        listed.deal_next_activity_date AS next_activity,
        listed.deal_lost_reason AS lost_reason,
        listed.source AS source,
        listed.campaign AS campaign,
        if(account_host = '', '', concat('https://', account_host, '/deal/', toString(listed.deal_id))) AS link
    FROM listed
    LEFT ANY JOIN users ON users.user_id = listed.deal_owner_id
    LEFT ANY JOIN stage_rows ON stage_rows.stage_id = listed.deal_stage_id
    LEFT ANY JOIN organization_words ON organization_words.organization_id = listed.organization_id
    LEFT ANY JOIN rates
        ON rates.currency = listed.currency
        AND rates.rate_date = toDate(
            if(listed.deal_status IN ('won', 'lost'), listed.deal_closed_at, toDateTime64({asof:DateTime64(3, 'UTC')}, 6, 'UTC')),
            {tz:String})
)
