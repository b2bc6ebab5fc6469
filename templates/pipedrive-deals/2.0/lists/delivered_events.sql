-- Which events were sent to which destination, and how did it end?
-- Events sent in the period, each once a destination, by the last attempt, newest first, then by destination and id. The
-- reason is empty where the event was taken. What was answered is not shown: `omni deliveries list` shows it to those who may
-- see it.
SELECT
    concat(destination, ' ', toString(event_uuid)) AS delivery,
    last_at,
    destination,
    toString(event_uuid) AS event,
    outcome,
    reason,
    status,
    attempts,
    outcome = 'delivered' AS is_delivered,
    outcome = 'gave_up' AS is_given_up,
    outcome IN ('retry', 'misconfigured') AS is_waiting
FROM last_deliveries
WHERE ({only:String} != 'delivered' OR is_delivered)
    AND ({only:String} != 'given_up' OR is_given_up)
    AND ({only:String} != 'waiting' OR is_waiting)
    AND (empty({destination:Array(String)}) OR has({destination:Array(String)}, destination))
ORDER BY last_at DESC, delivery
