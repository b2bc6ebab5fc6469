-- How fresh is the board, and how long does an event take from the webhook to the table?
-- Times are NULL when there was never such a thing, not 1970. The delays are those of the events loaded in the hour before
-- asof that came live (first revision; no backfill), NULL when there were none. The heartbeat goes through the whole
-- pipe for all companies, so silence can be told from failure; it is the one value here that is not the company's own.
-- Business filters play no part.
WITH
    beats AS (
        SELECT maxOrNull(heartbeat_at) AS beat FROM load_batches
        UNION ALL
        SELECT maxOrNull(heartbeat_at) AS beat FROM accepted_counts
    )
SELECT
    maxOrNull(least(event_time, event_received_at)) AS last_event_at,
    maxOrNull(loaded_at) AS last_loaded_at,
    (SELECT max(beat) FROM beats) AS heartbeat_at,
    countIf(is_live) AS events_last_hour,
    quantileOrNullIf(0.5)(delay_seconds, is_live) AS delay_p50_seconds,
    quantileOrNullIf(0.95)(delay_seconds, is_live) AS delay_p95_seconds
FROM (
    SELECT
        event_time,
        event_received_at,
        loaded_at,
        dateDiff('millisecond', event_received_at, loaded_at) / 1000 AS delay_seconds,
        event_revision = 0 AND event_kind IN ('webhook', 'flat')
            AND loaded_at > subtractHours({asof:DateTime64(3, 'UTC')}, 1) AS is_live
    FROM deal_events
    WHERE event_company_id = {company:UInt64}
)
