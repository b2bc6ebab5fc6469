-- Which (company, event_uuid, revision) stands more than once in a base table, at least once loaded in the period? Without
-- FINAL: a double that a merge has folded is no longer seen. An event that arrived long before it was loaded (a replay) or
-- that was sent as history is held against all rows of its id.
WITH
    late AS
    (
        SELECT event_uuid
        FROM ${table}
        WHERE loaded_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND (event_received_at < fromUnixTimestamp64Micro({recorded_from:Int64}, 'UTC') OR event_kind = 'backfill')
    )
SELECT
    event_company_id,
    event_uuid,
    event_revision,
    toUnixTimestamp64Micro(min(event_received_at)) AS received_at_micro,
    count() AS rows
FROM ${table}
WHERE loaded_at >= fromUnixTimestamp64Micro({recorded_from:Int64}, 'UTC') OR event_uuid IN late
GROUP BY event_company_id, event_uuid, event_revision
HAVING rows > 1 AND max(loaded_at) >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
ORDER BY event_company_id, event_uuid, event_revision
LIMIT {limit:UInt64}
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_rows_in_set = 10000000
