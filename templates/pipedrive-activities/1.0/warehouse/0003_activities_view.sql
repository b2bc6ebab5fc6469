-- Feeds activities from each insert into activity_events.
CREATE MATERIALIZED VIEW IF NOT EXISTS activities_view ${on_cluster} TO activities AS
SELECT
    event_company_id,
    activity_id,
    event_ver,
    toUInt8(event_action = 'deleted') AS is_deleted,
    event_time,
    event_user_id,
    activity_type,
    activity_subject,
    activity_done,
    activity_due_date,
    activity_add_time,
    activity_marked_as_done_time,
    activity_owner_id,
    activity_owner_name,
    activity_deal_id,
    activity_lead_id,
    contact_id,
    organization_id,
    loaded_at
FROM activity_events
