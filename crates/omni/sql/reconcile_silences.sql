-- Between which minutes did no webhook of the company arrive for at least so long? The first row begins at 0: before the first
-- arrival of all; the last one ends now.
WITH
    arrivals AS
    (
        SELECT toInt64(toUnixTimestamp(toStartOfMinute(event_received_at))) AS minute
        FROM raw_events
        WHERE event_company_id = {company:UInt64} AND event_kind = 'webhook'
        GROUP BY minute
        UNION ALL
        SELECT intDiv({now:Int64}, 1000000) AS minute
    ),
    neighbours AS
    (
        SELECT
            minute,
            lagInFrame(minute, 1, 0) OVER (ORDER BY minute ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS minute_before
        FROM arrivals
    )
SELECT minute_before * 1000000 AS from_micro, minute * 1000000 AS to_micro
FROM neighbours
WHERE minute - minute_before >= {least_seconds:Int64} AND minute * 1000000 >= {since:Int64}
ORDER BY from_micro
LIMIT 100000
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000
