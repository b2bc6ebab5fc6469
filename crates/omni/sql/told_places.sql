-- Where in one archive may a company's rows tell of a person: those that hold the digits of its id as a number of their own, or
-- have its key? Every row counts, also one that a merge will fold. The asker judges them one by one.
SELECT
    toUnixTimestamp64Micro(${at}) AS at_micro,
    kafka_topic_id,
    kafka_partition,
    kafka_offset
FROM ${table}
WHERE event_company_id = {company:UInt64}
    AND (${only})
    AND (match(${value}, {pattern:String}) OR ${key} = {own:String})
ORDER BY at_micro, kafka_topic_id, kafka_partition, kafka_offset
SETTINGS max_memory_usage = 2000000000
