-- What became of the events that were accepted in one slice of time, by company, source and minute? And which of them have no end yet?
-- An event is a (company, event_uuid); it counts once, under its first arrival in the slice. Of several ends the first of
-- loaded, rejected, filtered counts; a double that was left out ends nothing. Settled events are counted (without
-- event_uuid), those without an end are listed one by one. What the archives got beyond the given offsets is left to Kafka.
WITH
    seen AS
    (
        SELECT
            event_company_id,
            event_uuid,
            event_source AS source,
            event_received_at AS received_at,
            1 AS is_accepted,
            0 AS is_loaded,
            0 AS is_rejected,
            0 AS is_filtered
        FROM raw_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
            AND event_kind IN {kinds:Array(String)}
            AND (kafka_topic_id != {raw_id:String}
                OR kafka_offset < transform(kafka_partition, {raw_partitions:Array(UInt32)}, {raw_offsets:Array(UInt64)}, 0))
        UNION ALL
        SELECT
            event_company_id,
            event_uuid,
            event_source AS source,
            event_received_at AS received_at,
            stage = 'collector'
                AND (kafka_topic_id != {rejected_id:String}
                    OR kafka_offset < transform(kafka_partition, {rejected_partitions:Array(UInt32)}, {rejected_offsets:Array(UInt64)}, 0)) AS is_accepted,
            0 AS is_loaded,
            1 AS is_rejected,
            0 AS is_filtered
        FROM rejected_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
            AND event_kind IN {kinds:Array(String)}
        UNION ALL
        SELECT
            event_company_id,
            event_uuid,
            event_source AS source,
            event_received_at AS received_at,
            0 AS is_accepted,
            0 AS is_loaded,
            0 AS is_rejected,
            1 AS is_filtered
        FROM filtered_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
            AND event_kind IN {kinds:Array(String)}
            AND rule != {duplicate:String}
        ${loaded}
    ),
    events AS
    (
        SELECT
            event_company_id,
            event_uuid,
            argMinIf(source, received_at, is_accepted = 1) AS first_source,
            minIf(received_at, is_accepted = 1) AS first_at,
            multiIf(max(is_loaded) = 1, 'loaded', max(is_rejected) = 1, 'rejected', max(is_filtered) = 1, 'filtered', 'open') AS ended
        FROM seen
        GROUP BY event_company_id, event_uuid
        HAVING max(is_accepted) = 1
    )
SELECT
    first_source,
    toInt64(toUnixTimestamp(toStartOfMinute(first_at))) AS minute,
    ended,
    event_company_id,
    if(ended = 'open', event_uuid, toUUID('00000000-0000-0000-0000-000000000000')) AS open_uuid,
    toUnixTimestamp64Micro(min(first_at)) AS first_at_micro,
    count() AS events
FROM events
WHERE {source:String} = '' OR first_source = {source:String}
GROUP BY first_source, minute, ended, event_company_id, open_uuid
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000
