-- What is happening right now: who did what to which deal?
-- The newest events of deals, one line an event whatever came again (the newest revision's words), newest first by event
-- time; a time in the future counts as the time it was received. Events of one time come by event_ver. A bulk update is
-- one line an actor, minute and kind of change, and says how many it folds (of the newest 1,000 events). Money as it was
-- sent, nothing converted. Words of stages and users are today's, else the event's own; empty ones stay empty.
WITH
    newest AS (
        SELECT
            least(event_time, event_received_at) AS at,
            event_uuid,
            event_ver,
            event_user_id,
            event_is_bulk_update,
            deal_id,
            deal_title,
            deal_value,
            toString(deal_currency) AS deal_currency,
            toString(deal_status) AS deal_status,
            deal_stage_id,
            toString(deal_stage) AS deal_stage,
            deal_prev_stage_id,
            toString(deal_prev_stage) AS deal_prev_stage,
            deal_prev_value,
            deal_lost_reason,
            deal_owner_id,
            toString(deal_owner_name) AS deal_owner_name,
            if(marketing_source = '', '(not set)', toString(marketing_source)) AS event_marketing_source,
            multiIf(
                event_action = 'deleted' AND event_merged_into != 0, 'merged_away',
                event_action = 'deleted', 'deleted',
                event_action = 'merged', 'merged',
                event_action = 'added', 'added',
                deal_prev_status NOT IN ('', deal_status) AND deal_status = 'open', 'reopened',
                deal_prev_status NOT IN ('', deal_status) AND deal_status IN ('won', 'lost'), deal_status,
                deal_prev_stage_id NOT IN (0, deal_stage_id) AND deal_stage_id != 0, 'moved',
                deal_prev_value IS NOT NULL AND deal_prev_value != deal_value, 'revalued',
                'updated') AS what
        FROM deal_events
        WHERE event_company_id = {company:UInt64}
            AND (empty({source:Array(String)})
                OR has({source:Array(String)}, if(marketing_source = '', '(not set)', toString(marketing_source))))
            AND (empty({campaign:Array(String)})
                OR has({campaign:Array(String)}, if(marketing_campaign = '', '(not set)', toString(marketing_campaign))))
            AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, deal_owner_id))
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
            count() AS events,
            argMax(event_user_id, (at, event_ver)) AS actor_id,
            argMax(deal_id, (at, event_ver)) AS line_deal_id,
            argMax(deal_title, (at, event_ver)) AS title,
            argMax(tuple(deal_value), (at, event_ver)).1 AS value,
            argMax(tuple(deal_prev_value), (at, event_ver)).1 AS previous_value,
            argMax(deal_currency, (at, event_ver)) AS currency,
            argMax(deal_status, (at, event_ver)) AS status,
            argMax(deal_stage_id, (at, event_ver)) AS stage_id,
            argMax(deal_stage, (at, event_ver)) AS stage_word,
            argMax(deal_prev_stage_id, (at, event_ver)) AS previous_stage_id,
            argMax(deal_prev_stage, (at, event_ver)) AS previous_stage_word,
            argMax(deal_lost_reason, (at, event_ver)) AS lost_reason,
            argMax(deal_owner_id, (at, event_ver)) AS owner_id,
            argMax(deal_owner_name, (at, event_ver)) AS owner_word,
            argMax(event_marketing_source, (at, event_ver)) AS source
        FROM newest
        GROUP BY
            what,
            if(event_is_bulk_update, tuple(toStartOfMinute(at), event_user_id, toUUID('00000000-0000-0000-0000-000000000000')),
                tuple(toDateTime(0, 'UTC'), toUInt64(0), event_uuid))
        ORDER BY line_at DESC, line_ver DESC
        LIMIT 50
    )
SELECT
    line_at AS at,
    line_uuid AS event_uuid,
    what,
    events,
    line_deal_id AS deal_id,
    title,
    value,
    previous_value,
    currency,
    status,
    if(stage_now.name != '', stage_now.name, stage_word) AS stage,
    if(stage_before.name != '', stage_before.name, previous_stage_word) AS previous_stage,
    lost_reason,
    if(owner.name != '', owner.name, owner_word) AS owner,
    actor.name AS actor,
    source
FROM lines
LEFT ANY JOIN stage_rows AS stage_now ON stage_now.stage_id = lines.stage_id
LEFT ANY JOIN stage_rows AS stage_before ON stage_before.stage_id = lines.previous_stage_id
LEFT ANY JOIN users AS owner ON owner.user_id = lines.owner_id
LEFT ANY JOIN users AS actor ON actor.user_id = lines.actor_id
ORDER BY at DESC, line_ver DESC
