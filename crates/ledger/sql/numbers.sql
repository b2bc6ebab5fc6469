-- How many distinct numbers of each collector's life are in the archives, by source and minute? What the archives got beyond
-- the given offsets is left to Kafka. A set of numbers without holes takes next to no memory as a bitmap.
WITH
    arrived AS
    (
        SELECT accept_instance, accept_boot, event_source, event_received_at, accept_number
        FROM raw_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
            AND accept_number > 0
            AND (kafka_topic_id != {raw_id:String}
                OR kafka_offset < transform(kafka_partition, {raw_partitions:Array(UInt32)}, {raw_offsets:Array(UInt64)}, 0))
        UNION ALL
        SELECT accept_instance, accept_boot, event_source, event_received_at, accept_number
        FROM rejected_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
            AND accept_number > 0
            AND stage = 'collector'
            AND (kafka_topic_id != {rejected_id:String}
                OR kafka_offset < transform(kafka_partition, {rejected_partitions:Array(UInt32)}, {rejected_offsets:Array(UInt64)}, 0))
    )
SELECT
    accept_instance AS instance,
    accept_boot AS boot,
    event_source AS source,
    toInt64(toUnixTimestamp(toStartOfMinute(event_received_at))) AS minute,
    groupBitmap(accept_number) AS numbers
FROM arrived
WHERE {source:String} = '' OR event_source = {source:String}
GROUP BY instance, boot, source, minute
