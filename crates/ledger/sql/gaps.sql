-- Between which neighbouring numbers of one collector's life do others lack, and when did those neighbours arrive?
-- Numbers are given in the order in which bodies were whole; two that arrive at once may change places.
WITH
    numbers AS
    (
        SELECT accept_number AS number, min(event_received_at) AS received_at
        FROM
        (
            SELECT accept_number, event_received_at
            FROM raw_events
            WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
                AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
                AND accept_instance = {instance:String} AND accept_boot = {boot:String} AND accept_number > 0
            UNION ALL
            SELECT accept_number, event_received_at
            FROM rejected_events
            WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
                AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
                AND accept_instance = {instance:String} AND accept_boot = {boot:String} AND accept_number > 0
        )
        GROUP BY number
    ),
    neighbours AS
    (
        SELECT
            number,
            received_at,
            lagInFrame(number, 1, number) OVER (ORDER BY number ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS number_before,
            lagInFrame(received_at, 1, received_at) OVER (ORDER BY number ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS received_before
        FROM numbers
    )
SELECT
    number_before + 1 AS first,
    number - 1 AS last,
    toUnixTimestamp64Micro(received_before) AS after_micro,
    toUnixTimestamp64Micro(received_at) AS before_micro
FROM neighbours
WHERE number - number_before > 1
ORDER BY first
LIMIT 1000
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
