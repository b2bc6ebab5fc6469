-- What do the rows at these places of an archive say? Topics, partitions and offsets are asked for side by side, so a row may be
-- of another place: the asker looks.
SELECT
    kafka_topic_id,
    kafka_partition,
    kafka_offset,
    ${uuid} AS uuid,
    ${key} AS record_key,
    base64Encode(${value}) AS value_base64
FROM ${table}
WHERE event_company_id = {company:UInt64}
    AND (${only})
    AND ${at} >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    AND ${at} <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    AND kafka_topic_id IN {topics:Array(String)}
    AND kafka_offset IN {offsets:Array(UInt64)}
SETTINGS max_memory_usage = 2000000000
