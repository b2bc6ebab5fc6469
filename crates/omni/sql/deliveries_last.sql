-- How did it end for each event at this destination, and when last? Of several attempts the last one counts, so that what was
-- given up and sent again later is no failure.
SELECT
    event_uuid,
    argMax(outcome, (delivered_at, attempt)) AS last
FROM deliveries
WHERE destination = {destination:String}
    AND delivered_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND outcome IN ('delivered', 'gave_up')
GROUP BY event_uuid
