-- How long did each lead wait for an answer?
-- Those created in the period, or all of any time; `only` narrows to the answered or the waiting ones. The longest waits first, then
-- those who still wait, then by id.
SELECT
    waits.lead_id AS lead_id,
    if(waits.title = '', concat('#', left(waits.lead_id, 8)), waits.title) AS title,
    multiIf(
        waits.lead_owner_id = 0, '(not set)',
        users.name != '', users.name,
        waits.owner_name != '', waits.owner_name,
        concat('#', toString(waits.lead_owner_id))
    ) AS owner,
    waits.source AS source,
    waits.lead_add_time AS created_at,
    waits.answered_at AS answered_at,
    waits.seconds AS wait_seconds,
    isNotNull(waits.seconds) AS is_answered,
    isNull(waits.seconds) AND NOT waits.lead_is_archived AS is_waiting,
    greatest(0, dateDiff('second', waits.lead_add_time, {asof:DateTime64(3, 'UTC')})) / 86400 AS waiting_days
FROM lead_responses AS waits
LEFT ANY JOIN users ON users.user_id = waits.lead_owner_id
WHERE ({created:String} = '' OR (waits.lead_add_time >= {from:DateTime64(3, 'UTC')} AND waits.lead_add_time < {to:DateTime64(3, 'UTC')}))
    AND ({only:String} != 'answered' OR is_answered)
    AND ({only:String} != 'waiting' OR is_waiting)
    AND (empty({lead:Array(String)}) OR has({lead:Array(String)}, waits.lead_id))
    AND NOT has({not_owner:Array(UInt64)}, waits.lead_owner_id)
ORDER BY wait_seconds DESC NULLS LAST, created_at, lead_id
