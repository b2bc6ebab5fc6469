-- How many records did the archives get in each minute of a period? It decides how the period is cut, so that no later
-- answer grows with the load. A record that came twice counts twice.
WITH
    arrived AS
    (
        SELECT event_received_at
        FROM raw_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
        UNION ALL
        SELECT event_received_at
        FROM rejected_events
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
            AND stage = 'collector'
    )
SELECT toInt64(toUnixTimestamp(toStartOfMinute(event_received_at))) AS minute, count() AS records
FROM arrived
GROUP BY minute
ORDER BY minute
