-- What do these refusals say word for word (the record of the topic, with the value refused)? Companies and ids are asked for
-- side by side, so a row may be of another company with the same id: the asker looks.
SELECT
    event_company_id,
    toUnixTimestamp64Micro(rejected_at) AS rejected_at_micro,
    event_uuid,
    accept_instance,
    accept_boot,
    accept_number,
    record
FROM rejected_events
WHERE event_company_id IN {companies:Array(UInt64)}
    AND rejected_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    AND rejected_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    AND event_uuid IN (SELECT toUUID(arrayJoin({uuids:Array(String)})))
LIMIT 1 BY event_company_id, rejected_at, event_uuid
