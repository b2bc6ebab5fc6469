-- What is on record of these events, whenever they arrived first? One row an event that is known at all: whether the archives
-- hold it as accepted in the period and before the given offsets, its first such arrival, and its end ('open' without one).
-- Companies and ids are asked for side by side, so a row may be of another company with the same id: the asker looks.
WITH
    wanted AS
    (
        SELECT toUUID(arrayJoin({uuids:Array(String)})) AS event_uuid
    ),
    seen AS
    (
        SELECT
            event_company_id,
            event_uuid,
            event_received_at AS received_at,
            event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
                AND event_kind IN {kinds:Array(String)}
                AND (kafka_topic_id != {raw_id:String}
                    OR kafka_offset < transform(kafka_partition, {raw_partitions:Array(UInt32)}, {raw_offsets:Array(UInt64)}, 0)) AS is_accepted,
            0 AS is_loaded,
            0 AS is_rejected,
            0 AS is_filtered
        FROM raw_events
        WHERE event_company_id IN {companies:Array(UInt64)}
            AND event_received_at >= fromUnixTimestamp64Micro({recorded_from:Int64}, 'UTC')
            AND event_uuid IN wanted
        UNION ALL
        SELECT
            event_company_id,
            event_uuid,
            event_received_at AS received_at,
            stage = 'collector'
                AND event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
                AND event_kind IN {kinds:Array(String)}
                AND (kafka_topic_id != {rejected_id:String}
                    OR kafka_offset < transform(kafka_partition, {rejected_partitions:Array(UInt32)}, {rejected_offsets:Array(UInt64)}, 0)) AS is_accepted,
            0 AS is_loaded,
            1 AS is_rejected,
            0 AS is_filtered
        FROM rejected_events
        WHERE event_company_id IN {companies:Array(UInt64)}
            AND rejected_at >= fromUnixTimestamp64Micro({recorded_from:Int64}, 'UTC')
            AND event_uuid IN wanted
        UNION ALL
        SELECT
            event_company_id,
            event_uuid,
            event_received_at AS received_at,
            0 AS is_accepted,
            0 AS is_loaded,
            0 AS is_rejected,
            1 AS is_filtered
        FROM filtered_events
        WHERE event_company_id IN {companies:Array(UInt64)}
            AND filtered_at >= fromUnixTimestamp64Micro({recorded_from:Int64}, 'UTC')
            AND event_uuid IN wanted
            AND rule != {duplicate:String}
        ${loaded}
    )
SELECT
    event_company_id,
    event_uuid,
    toBool(max(is_accepted)) AS was_accepted,
    toUnixTimestamp64Micro(minIf(received_at, is_accepted = 1)) AS received_at_micro,
    multiIf(max(is_loaded) = 1, 'loaded', max(is_rejected) = 1, 'rejected', max(is_filtered) = 1, 'filtered', 'open') AS ended
FROM seen
GROUP BY event_company_id, event_uuid
SETTINGS max_memory_usage = 2000000000
