-- Which events were accepted, in the order in which they were received, after a given one? An event that came twice, or that
-- was replayed before, may have several rows. Empty text and 0 ask for everything.
SELECT
    event_company_id,
    toUnixTimestamp64Micro(event_received_at) AS received_at_micro,
    event_uuid,
    event_kind,
    event_source,
    event_object,
    event_action
FROM raw_events
WHERE event_received_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND loaded_at <= fromUnixTimestamp64Micro({until:Int64}, 'UTC')
    AND (event_received_at, event_company_id, event_uuid) > (fromUnixTimestamp64Micro({after_at:Int64}, 'UTC'), {after_company:UInt64}, toUUID({after_uuid:String}))
    AND event_kind IN ('webhook', 'flat', 'backfill')
    AND ({source:String} = '' OR event_source = {source:String})
    AND ({object:String} = '' OR event_object = {object:String})
    AND ({action:String} = '' OR event_action = {action:String})
    AND ({company:UInt64} = 0 OR event_company_id = {company:UInt64})
    AND ({uuid:String} = '' OR toString(event_uuid) = {uuid:String})
ORDER BY event_received_at, event_company_id, event_uuid
LIMIT 1 BY event_received_at, event_company_id, event_uuid
LIMIT {limit:UInt64}
SETTINGS max_memory_usage = 1000000000, max_bytes_before_external_sort = 300000000
