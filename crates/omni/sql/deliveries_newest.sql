-- Which attempts were made, the newest first? Empty text and 0 ask for everything.
SELECT
    toUnixTimestamp64Micro(delivered_at) AS at_micro,
    destination,
    event_company_id,
    event_uuid,
    outcome,
    JSONExtractString(record, 'reason') AS reason,
    status,
    attempt,
    duration_seconds,
    JSONExtractString(record, 'answer') AS answer
FROM deliveries
WHERE delivered_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND ({destination:String} = '' OR destination = {destination:String})
    AND ({company:UInt64} = 0 OR event_company_id = {company:UInt64})
    AND ({outcome:String} = '' OR outcome = {outcome:String})
    AND ({uuid:String} = '' OR toString(event_uuid) = {uuid:String})
ORDER BY delivered_at DESC, event_company_id, event_uuid, attempt DESC
LIMIT {limit:UInt64}
