-- Feeds lead_deletions from each insert into lead_events.
CREATE MATERIALIZED VIEW IF NOT EXISTS lead_deletions_view ${on_cluster} TO lead_deletions AS
SELECT
    event_company_id,
    lead_id,
    max(event_ver) AS deleted_ver
FROM lead_events
WHERE event_action = 'deleted'
GROUP BY event_company_id, lead_id
