-- What were these events as they were accepted: key, headers and body? Of several arrivals the first. Companies and ids are
-- asked for side by side, so a row may be of another company with the same id: the asker looks.
SELECT
    event_company_id,
    event_uuid,
    event_kind,
    event_source,
    toUnixTimestamp64Micro(event_received_at) AS received_at_micro,
    event_object,
    event_action,
    event_webhook_version,
    event_attempt,
    accept_instance,
    accept_boot,
    accept_number,
    record_key,
    base64Encode(body) AS body_base64
FROM raw_events
WHERE event_company_id IN {companies:Array(UInt64)}
    AND event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    AND event_received_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    AND event_uuid IN (SELECT toUUID(arrayJoin({uuids:Array(String)})))
ORDER BY event_company_id, event_uuid, event_received_at, kafka_partition, kafka_offset
LIMIT 1 BY event_company_id, event_uuid
