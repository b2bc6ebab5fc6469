-- What happened to a deal?
-- Every event of it that was loaded and that the filters let through, as in Live activity, newest first by event_ver. The period
-- plays no part. Money as it was sent.
WITH
    event_id IN (SELECT toString(arrayJoin({deal:Array(UInt64)}))) AS is_asked
SELECT
    toString(event_uuid) AS event_uuid,
    at,
    what,
    concat('#', toString(deal_id)) AS title,
    contact,
    status,
    if(stage = '', '(not set)', stage) AS stage,
    deal_value AS value,
    previous_value,
    currency AS value_currency,
    event_is_bulk_update AS is_bulk
FROM changes
ORDER BY changes.event_ver DESC
