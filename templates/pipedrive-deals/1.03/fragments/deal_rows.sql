-- Deals as lists show them, one row a deal (needs scope, rates, contact_words and the list's own condition `is_listed` on
-- deals of scope). A deal has no title here, so its number stands for it. Closed deals are converted at the rate of the close
-- day, others at that of the day of asof (FX3), as panels do. The contact's average is the one that the newest event told, as
-- it was sent: it has no currency and no stated period, so it is never added up (FX10).
listed AS (
    SELECT
        deal_id,
        deal_value,
        currency,
        deal_status,
        stage,
        deal_add_time,
        deal_closed_at,
        source,
        campaign,
        industry_word,
        contact_id,
        told_average
    FROM scope
    WHERE is_listed
),
deal_rows AS (
    SELECT
        listed.deal_id AS deal_id,
        concat('#', toString(listed.deal_id)) AS title,
        multiIf(
            listed.contact_id = 0, '(not set)',
            contact_words.name != '', contact_words.name,
            concat('#', toString(listed.contact_id))
        ) AS contact,
        listed.stage AS stage,
        if(listed.industry_word = '', '(not set)', listed.industry_word) AS industry,
        toString(listed.deal_status) AS status,
        listed.deal_value AS value,
        listed.currency AS value_currency,
        if(native_mode, listed.currency, {currency:String}) AS currency,
        converted(listed.deal_value, listed.currency, rates.rate) AS converted_value,
        converted_value IS NULL AS is_unconverted,
        listed.deal_value = 0 AS is_zero,
        listed.deal_status = 'won' AS is_won,
        listed.deal_status = 'lost' AS is_lost,
        listed.deal_add_time AS created_at,
        if(is_won OR is_lost, toNullable(listed.deal_closed_at), NULL) AS closed_at,
        listed.source AS source,
        listed.campaign AS campaign,
        listed.told_average AS told_average
    FROM listed
    LEFT ANY JOIN contact_words ON contact_words.contact_id = listed.contact_id
    LEFT ANY JOIN rates
        ON rates.currency = listed.currency
        AND rates.rate_date = toDate(
            if(listed.deal_status IN ('won', 'lost'), listed.deal_closed_at, toDateTime64({asof:DateTime64(3, 'UTC')}, 6, 'UTC')),
            {tz:String})
)
