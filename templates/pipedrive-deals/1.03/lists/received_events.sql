-- Which events came in during the last hour, and how long did each take to the table?
-- Live events of deals received in the hour before asof, each once, with the time from the webhook to the table of its first
-- revision. Newest first, then by id. Filters and period play no part.
WITH
    received AS (
        SELECT
            event_uuid,
            min(event_received_at) AS first_received_at,
            argMin(loaded_at, event_revision) AS first_loaded_at,
            toString(any(event_action)) AS action,
            any(event_id) AS deal
        FROM deal_events_1_03
        WHERE event_company_id = {company:UInt64}
            AND event_kind IN ('webhook', 'flat')
            AND is_of_last_hour(event_received_at)
        GROUP BY event_uuid
    )
SELECT
    toString(received.event_uuid) AS event_uuid,
    first_received_at AS received_at,
    first_loaded_at AS loaded_at,
    dateDiff('millisecond', received_at, loaded_at) / 1000 AS delay_seconds,
    action,
    concat('#', deal) AS title
FROM received
ORDER BY received_at DESC, event_uuid
