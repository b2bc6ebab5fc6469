-- Which leads has nobody answered yet, the longest waiting first?
-- Neither answered (an activity done, or a deal made of it) nor archived, now, whatever the period.
SELECT
    waiting.lead_id AS lead_id,
    if(waiting.title = '', concat('#', left(waiting.lead_id, 8)), waiting.title) AS title,
    waiting.source AS source,
    multiIf(
        waiting.lead_owner_id = 0, '(not set)',
        users.name != '', users.name,
        waiting.owner_name != '', waiting.owner_name,
        concat('#', toString(waiting.lead_owner_id))
    ) AS owner,
    greatest(0, dateDiff('second', waiting.lead_add_time, {asof:DateTime64(3, 'UTC')})) / 86400 AS waiting_days,
    waiting.lead_value AS value,
    waiting.currency AS currency
FROM (
    SELECT lead_id, title, lead_value, currency, lead_add_time, lead_owner_id, owner_name, source
    FROM lead_responses
    WHERE isNull(answered_at) AND NOT lead_is_archived
    ORDER BY lead_add_time, lead_id
    LIMIT 25
) AS waiting
LEFT ANY JOIN users ON users.user_id = waiting.lead_owner_id
ORDER BY waiting_days DESC, lead_id
