-- Which webhook told of these entities last, and when did it arrive?
SELECT
    record_key,
    argMax(event_uuid, event_received_at) AS uuid,
    toUnixTimestamp64Micro(max(event_received_at)) AS received_at_micro
FROM raw_events
WHERE event_company_id = {company:UInt64}
    AND event_received_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND event_kind = 'webhook'
    AND record_key IN {keys:Array(String)}
GROUP BY record_key
