-- Which open deals have been in their stage the longest, and does anything come next for them?
-- The deals of Open pipeline by calendar days in the present stage, the first 25. Deals of equal days come by the time
-- since which they are there, then by id; those of which no time is told come last. Words of stages and owners are
-- today's, else the deal's own. A deal is one amount: converted at the rate of the day of asof, without a rate shown in its own
-- currency, NULL without a value. A next activity that is overdue is still one.
WITH
    oldest AS (
        SELECT deal_id, title, deal_value, currency, deal_stage_id, stage_word, deal_owner_id, owner_name, deal_next_activity_date, since, days
        FROM aged
        ORDER BY days DESC NULLS LAST, since ASC NULLS LAST, deal_id
        LIMIT 25
    )
SELECT
    oldest.deal_id AS deal_id,
    if(oldest.title != '', oldest.title, concat('#', toString(oldest.deal_id))) AS title,
    multiIf(
        stage_rows.name != '', stage_rows.name,
        oldest.stage_word != '', oldest.stage_word,
        oldest.deal_stage_id = 0, '(not set)',
        concat('#', toString(oldest.deal_stage_id))
    ) AS stage,
    multiIf(
        oldest.deal_owner_id = 0, '(not set)',
        users.name != '', users.name,
        oldest.owner_name != '', oldest.owner_name,
        concat('#', toString(oldest.deal_owner_id))
    ) AS owner,
    toFloat64(oldest.days) AS age_days,
    coalesce(converted(oldest.deal_value, oldest.currency, rates.rate), toDecimal128(oldest.deal_value, 16)) AS value,
    if(native_mode OR (oldest.deal_value IS NOT NULL AND converted(oldest.deal_value, oldest.currency, rates.rate) IS NULL),
        oldest.currency, {currency:String}) AS currency,
    toBool(oldest.deal_next_activity_date IS NULL) AS no_next_activity
FROM oldest
LEFT ANY JOIN stage_rows ON stage_rows.stage_id = oldest.deal_stage_id
LEFT ANY JOIN users ON users.user_id = oldest.deal_owner_id
LEFT ANY JOIN rates ON rates.currency = oldest.currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
ORDER BY oldest.days DESC NULLS LAST, oldest.since ASC NULLS LAST, oldest.deal_id
