-- Feeds lead_touches from each insert into activity_events.
CREATE MATERIALIZED VIEW IF NOT EXISTS lead_touches_view ${on_cluster} TO lead_touches AS
SELECT
    event_company_id,
    activity_lead_id AS lead_id,
    min(coalesce(activity_marked_as_done_time, event_time)) AS first_done_time
FROM activity_events
WHERE activity_done AND event_action != 'deleted' AND activity_lead_id != ''
GROUP BY event_company_id, lead_id
