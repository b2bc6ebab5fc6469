-- A batch of a table each ten minutes of 400 days.
INSERT INTO load_batches (batch, template, table, partition, first_offset, last_offset, rows, companies, event_time_max, received_at_min, received_at_max, heartbeat_at, insert_seconds, batch_loaded_at)
SELECT
    concat('bench/', toString(${company}), '/', toString(number)), 'pipedrive-deals/2.0', 'deal_events', 0, number * 100, number * 100 + 99, 100, [${company}], at, at, at, at, 0.02, at + INTERVAL 300 MILLISECOND
FROM (SELECT number, fromUnixTimestamp64Micro(toInt64(${now} - number * 600000000), 'UTC') AS at FROM numbers(57600))
SETTINGS max_partitions_per_insert_block = 100
