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
    ),
    marks AS (
        SELECT
            maxOrNull(least(event_time, event_received_at)) AS last_event_at,
            maxOrNull(loaded_at) AS last_loaded_at
        FROM logged
    ),
    recent AS (
        SELECT
            uniqExactIf(event_uuid, is_of_last_hour(event_received_at)) AS events,
            quantileOrNullIf(0.5)(delay_seconds, is_measured) AS delay_p50,
            quantileOrNullIf(0.95)(delay_seconds, is_measured) AS delay_p95
        FROM (
            SELECT
                event_uuid,
                event_received_at,
                dateDiff('millisecond', event_received_at, loaded_at) / 1000 AS delay_seconds,
                event_revision = 0 AND loaded_at > subtractHours({asof:DateTime64(3, 'UTC')}, 1) AS is_measured
            FROM logged
            WHERE (event_received_at > subtractHours({asof:DateTime64(3, 'UTC')}, 1)
                    OR loaded_at > subtractHours({asof:DateTime64(3, 'UTC')}, 1))
                AND event_kind IN ('webhook', 'flat')
        )
    )
SELECT
    marks.last_event_at AS last_event_at,
    marks.last_loaded_at AS last_loaded_at,
    (SELECT max(beat) FROM beats) AS heartbeat_at,
    recent.events AS events_last_hour,
    recent.delay_p50 AS delay_p50_seconds,
    recent.delay_p95 AS delay_p95_seconds
FROM marks
CROSS JOIN recent
