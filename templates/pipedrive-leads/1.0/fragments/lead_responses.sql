-- When each lead was first answered (needs lead_scope): the first activity done for it after it was added, or its deal, whichever
-- came first (least passes over NULL). seconds is NULL while nobody has answered; what was done before the lead was added answers it at once.
lead_touched AS (
    SELECT lead_id, toNullable(toDateTime64(min(first_done_time), 6, 'UTC')) AS done_at
    FROM lead_touches
    WHERE event_company_id = {company:UInt64}
    GROUP BY lead_id
),
lead_responses AS (
    SELECT
        lead_scope.lead_id AS lead_id,
        lead_scope.title AS title,
        lead_scope.lead_value AS lead_value,
        lead_scope.currency AS currency,
        lead_scope.lead_is_archived AS lead_is_archived,
        lead_scope.lead_add_time AS lead_add_time,
        lead_scope.lead_owner_id AS lead_owner_id,
        lead_scope.owner_name AS owner_name,
        lead_scope.source AS source,
        lead_scope.event_ver AS event_ver,
        lead_scope.is_converted AS is_converted,
        least(lead_touched.done_at, lead_scope.converted_at) AS answered_at,
        if(isNull(answered_at), NULL, greatest(0, dateDiff('second', lead_scope.lead_add_time, answered_at))) AS seconds
    FROM lead_scope
    LEFT ANY JOIN lead_touched ON lead_touched.lead_id = lead_scope.lead_id
)
