-- What is happening right now: who did what to which deal?
-- The newest events of deals, one line an event whatever came again (the newest revision's words), newest first by event
-- time; a time in the future counts as the time it was received. Events of one time come by event_ver. A bulk update is
-- one line an actor, minute and kind of change, and says how many it folds (of the newest 1,000 events). Money as it was
-- sent, nothing converted. Words of stages and users are today's, else the event's own; empty ones stay empty.
WITH
    times AS (
        SELECT event_time FROM events ORDER BY event_time DESC LIMIT 1000
    ),
    newest AS (
        SELECT
            least(event_time, event_received_at) AS at,
            event_uuid,
            event_ver,
            event_user_id,
            event_is_bulk_update,
            deal_id,
            title,
            deal_value,
            currency,
            status,
            deal_stage_id,
            stage_word,
            deal_prev_stage_id,
            previous_stage_word,
            deal_prev_value,
            deal_lost_reason,
            deal_owner_id,
            owner_word,
            source,
            event_what(
                event_action, event_merged_into, status, previous_status, deal_stage_id, deal_prev_stage_id, deal_value,
                deal_prev_value) AS what
        FROM events
        WHERE event_time >= (SELECT min(event_time) FROM times)
        ORDER BY at DESC, event_ver DESC
        LIMIT 1 BY event_uuid
        LIMIT 1000
    ),
    lines AS (
        SELECT
            max(at) AS line_at,
            argMax(event_uuid, (at, event_ver)) AS line_uuid,
            max(event_ver) AS line_ver,
            what,
            count() AS line_events,
            argMax(event_user_id, (at, event_ver)) AS actor_id,
            argMax(deal_id, (at, event_ver)) AS line_deal_id,
            argMax(title, (at, event_ver)) AS line_title,
            argMax(tuple(deal_value), (at, event_ver)).1 AS value,
            argMax(tuple(deal_prev_value), (at, event_ver)).1 AS previous_value,
            argMax(currency, (at, event_ver)) AS line_currency,
            argMax(status, (at, event_ver)) AS line_status,
            argMax(deal_stage_id, (at, event_ver)) AS stage_id,
            argMax(stage_word, (at, event_ver)) AS line_stage,
            argMax(deal_prev_stage_id, (at, event_ver)) AS previous_stage_id,
            argMax(previous_stage_word, (at, event_ver)) AS line_previous_stage,
            argMax(deal_lost_reason, (at, event_ver)) AS lost_reason,
            argMax(deal_owner_id, (at, event_ver)) AS owner_id,
            argMax(owner_word, (at, event_ver)) AS line_owner,
            argMax(source, (at, event_ver)) AS line_source
        FROM newest
        GROUP BY
            what,
            if(event_is_bulk_update,
                tuple(toStartOfMinute(at), event_user_id, toUUID('00000000-0000-0000-0000-000000000000')),
                tuple(toDateTime(0, 'UTC'), toUInt64(0), event_uuid))
        ORDER BY line_at DESC, line_ver DESC
        LIMIT 50
    )
SELECT
    line_at AS at,
    line_uuid AS event_uuid,
    what,
    line_events AS events,
    line_deal_id AS deal_id,
    line_title AS title,
    value,
    previous_value,
    line_currency AS currency,
    line_status AS status,
    if(stage_now.name != '', stage_now.name, line_stage) AS stage,
    if(stage_before.name != '', stage_before.name, line_previous_stage) AS previous_stage,
    lost_reason,
    if(owner.name != '', owner.name, line_owner) AS owner,
    actor.name AS actor,
    line_source AS source
FROM lines
LEFT ANY JOIN stage_rows AS stage_now ON stage_now.stage_id = lines.stage_id
LEFT ANY JOIN stage_rows AS stage_before ON stage_before.stage_id = lines.previous_stage_id
LEFT ANY JOIN users AS owner ON owner.user_id = lines.owner_id
LEFT ANY JOIN users AS actor ON actor.user_id = lines.actor_id
ORDER BY at DESC, line_ver DESC
