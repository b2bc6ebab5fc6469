-- Feeds activity_facts from each insert into activity_events.
CREATE MATERIALIZED VIEW IF NOT EXISTS activity_facts_view ${on_cluster} TO activity_facts AS
SELECT
    event_company_id,
    activity_id,
    min(coalesce(activity_marked_as_done_time, event_time)) AS first_done_time
FROM activity_events
WHERE activity_done AND event_action != 'deleted'
GROUP BY event_company_id, activity_id
