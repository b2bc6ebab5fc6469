-- What happened to a deal?
-- Every event of it that was loaded and that the filters let through, as in Live activity, each once with its newest revision's
-- words, newest first by event time; events of one time come by event_ver. The period plays no part. Money as it was sent.
-- Words of stages and users are today's, else the event's own.
WITH
    told AS (
        SELECT
            event_uuid,
            event_ver,
            least(event_time, event_received_at) AS at,
            event_what(
                event_action, event_merged_into, status, previous_status, deal_stage_id, deal_prev_stage_id, deal_value,
                deal_prev_value) AS what,
            deal_id,
            title AS told_title,
            deal_value,
            deal_prev_value,
            currency AS value_currency,
            status,
            deal_stage_id,
            stage_word,
            deal_lost_reason,
            deal_owner_id,
            owner_word,
            event_user_id,
            event_is_bulk_update
        FROM events
        WHERE has({deal:Array(UInt64)}, deal_id)
        ORDER BY event_ver DESC
        LIMIT 1 BY event_uuid
    )
SELECT
    toString(told.event_uuid) AS event_uuid,
    told.at AS at,
    told.what AS what,
    if(told.told_title != '', told.told_title, concat('#', toString(told.deal_id))) AS title,
    told.status AS status,
    multiIf(
        told.deal_stage_id = 0, '(not set)',
        stage_rows.name != '', stage_rows.name,
        told.stage_word != '', told.stage_word,
        concat('#', toString(told.deal_stage_id))
    ) AS stage,
    told.deal_value AS value,
    told.deal_prev_value AS previous_value,
    told.value_currency AS value_currency,
    told.deal_lost_reason AS lost_reason,
    if(owner.name != '', owner.name, told.owner_word) AS owner,
    actor.name AS actor,
    told.event_is_bulk_update AS is_bulk
FROM told
LEFT ANY JOIN stage_rows ON stage_rows.stage_id = told.deal_stage_id
LEFT ANY JOIN users AS owner ON owner.user_id = told.deal_owner_id
LEFT ANY JOIN users AS actor ON actor.user_id = told.event_user_id
ORDER BY at DESC, told.event_ver DESC
