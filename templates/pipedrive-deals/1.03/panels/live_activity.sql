-- What is happening right now: what happened to which deal?
-- The newest events of deals, one line an event whatever came again (the newest revision's words), newest first by event
-- time; a time in the future counts as the time it was received. Events of one time come by event_ver. What changed is told by
-- the event of the same deal before it. A bulk update is one line an actor, minute and kind of change, and says how many it
-- folds (of the newest 1,000 events). Money as it was sent, nothing converted.
WITH
    times AS (
        SELECT event_time, event_id
        FROM deal_events_1_03
        WHERE event_company_id = {company:UInt64} AND event_object = 'deal'
        ORDER BY event_time DESC
        LIMIT 1000
    ),
    event_id IN (SELECT event_id FROM times) AS is_asked,
    newest AS (
        SELECT
            at,
            event_uuid,
            event_ver,
            event_user_id,
            event_is_bulk_update,
            deal_id,
            contact,
            deal_value,
            previous_value,
            currency,
            status,
            stage,
            previous_stage,
            source,
            what
        FROM changes
        ORDER BY at DESC, event_ver DESC
        LIMIT 1000
    ),
    lines AS (
        SELECT
            max(newest.at) AS line_at,
            argMax(event_uuid, (newest.at, event_ver)) AS line_uuid,
            max(event_ver) AS line_ver,
            newest.what AS line_what,
            count() AS line_events,
            argMax(deal_id, (newest.at, event_ver)) AS line_deal_id,
            argMax(contact, (newest.at, event_ver)) AS line_contact,
            argMax(deal_value, (newest.at, event_ver)) AS line_value,
            argMax(tuple(newest.previous_value), (newest.at, event_ver)).1 AS line_previous_value,
            argMax(newest.currency, (newest.at, event_ver)) AS line_currency,
            argMax(newest.status, (newest.at, event_ver)) AS line_status,
            argMax(newest.stage, (newest.at, event_ver)) AS line_stage,
            argMax(newest.previous_stage, (newest.at, event_ver)) AS line_previous_stage,
            argMax(newest.source, (newest.at, event_ver)) AS line_source
        FROM newest
        GROUP BY
            line_what,
            if(event_is_bulk_update,
                tuple(toStartOfMinute(newest.at), event_user_id, toUUID('00000000-0000-0000-0000-000000000000')),
                tuple(toDateTime(0, 'UTC'), toUInt64(0), event_uuid))
        ORDER BY line_at DESC, line_ver DESC
        LIMIT 50
    )
SELECT
    line_at AS at,
    line_uuid AS event_uuid,
    line_what AS what,
    line_events AS events,
    line_deal_id AS deal_id,
    concat('#', toString(line_deal_id)) AS title,
    line_value AS value,
    line_previous_value AS previous_value,
    line_currency AS currency,
    line_status AS status,
    line_stage AS stage,
    line_previous_stage AS previous_stage,
    line_contact AS contact,
    line_source AS source
FROM lines
ORDER BY at DESC, line_ver DESC
