-- How fresh is the board, and how long does an event take from the webhook to the table?
-- Times are NULL when there was never such a thing, not 1970. Live events are those received, not backfilled, each once;
-- delays are those of live events loaded in the hour before asof, NULL when there were none, without completions (their
-- first revision told how fast they were). The heartbeat goes through the whole pipe for all companies, so silence can be
-- told from failure; it is the one value here that is not the company's own.
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
    uniqExactIf(event_uuid, is_live AND event_received_at > hour_ago AND event_received_at < next_minute) AS events_last_hour,
    quantileOrNullIf(0.5)(delay_seconds, is_live AND event_revision = 0 AND loaded_at > hour_ago) AS delay_p50_seconds,
    quantileOrNullIf(0.95)(delay_seconds, is_live AND event_revision = 0 AND loaded_at > hour_ago) AS delay_p95_seconds
FROM (
    SELECT
        event_uuid,
        event_time,
        event_received_at,
        loaded_at,
        event_revision,
        dateDiff('millisecond', event_received_at, loaded_at) / 1000 AS delay_seconds,
        event_kind IN ('webhook', 'flat') AS is_live,
        subtractHours({asof:DateTime64(3, 'UTC')}, 1) AS hour_ago,
        addMinutes({asof:DateTime64(3, 'UTC')}, 1) AS next_minute
    FROM deal_events
    WHERE event_company_id = {company:UInt64}
)
