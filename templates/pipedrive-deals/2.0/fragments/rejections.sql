-- The events that some stage refused, each once: by whom it was refused first, why, and whether it was loaded since (a replay,
-- or Pipedrive sent it again). History (backfill) is left out, as in the ledger. What was refused is not read. Needs loaded_again.
rejections AS (
    SELECT
        event_uuid,
        min(event_received_at) AS received_at,
        argMin(toString(stage), rejected_at) AS refused_by,
        argMin(toString(code), rejected_at) AS refused_for,
        argMin(toString(event_object), rejected_at) AS object,
        argMin(error_paths, rejected_at) AS paths,
        argMin(error_rules, rejected_at) AS rules,
        event_uuid IN (SELECT event_uuid FROM loaded_again) AS is_loaded
    FROM rejected_events
    WHERE event_company_id = {company:UInt64} AND event_kind IN ('webhook', 'flat')
    GROUP BY event_uuid
)
