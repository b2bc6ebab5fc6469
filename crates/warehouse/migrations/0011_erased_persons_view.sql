-- Feeds erased_persons from the orders in raw_events.
CREATE MATERIALIZED VIEW IF NOT EXISTS erased_persons_view ${on_cluster} TO erased_persons AS
SELECT
    event_company_id,
    toUInt64OrZero(JSONExtractString(body, 'id')) AS person_id,
    loaded_at AS archived_at,
    kafka_offset,
    JSONExtractBool(body, 'lifted') AS is_lifted,
    event_received_at AS ordered_at
FROM raw_events
WHERE event_kind = 'erase' AND person_id != 0
