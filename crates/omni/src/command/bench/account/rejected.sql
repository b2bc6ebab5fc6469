-- One refused event of a thousand deals' ten.
INSERT INTO rejected_events (event_company_id, rejected_at, event_uuid, event_kind, event_source, event_object, event_action, event_received_at, stage, code, error_paths, error_rules, kafka_topic_id, kafka_offset)
SELECT
    ${company}, fromUnixTimestamp64Micro(toInt64(${now} - cityHash64(31, number) % (400 * 86400000000)), 'UTC') AS at,
    reinterpretAsUUID(sipHash128('rejected', ${company}, number)), 'webhook', 'pipedrive', 'deal', 'updated', at, 'loader', 'schema',
    [['$.deal_value'], ['$.deal_status', '$.deal_currency'], ['$.contact_email']][1 + number % 3], [['type'], ['enum', 'pattern'], ['format']][1 + number % 3], 'bench', number
FROM numbers(intDiv(${deals}, 100))
SETTINGS max_partitions_per_insert_block = 100
