-- Which source sent these events? An event that several sent is of the one it came from first.
WITH
    wanted AS
    (
        SELECT toUUID(arrayJoin({uuids:Array(String)})) AS event_uuid
    )
SELECT event_company_id, event_uuid, argMin(event_source, event_received_at) AS source
FROM raw_events
WHERE event_company_id IN {companies:Array(UInt64)}
    AND event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    AND event_uuid IN wanted
GROUP BY event_company_id, event_uuid
