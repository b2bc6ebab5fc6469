-- Feeds leads from each insert into lead_events.
CREATE MATERIALIZED VIEW IF NOT EXISTS leads_view ${on_cluster} TO leads AS
SELECT
    event_company_id,
    lead_id,
    event_ver,
    event_time,
    event_user_id,
    lead_title,
    lead_value,
    lead_currency,
    lead_owner_id,
    lead_owner_name,
    lead_source_name,
    lead_label,
    lead_is_archived,
    lead_add_time,
    lead_update_time,
    lead_expected_close_date,
    marketing_source,
    marketing_campaign,
    marketing_medium,
    marketing_source_origin,
    contact_id,
    organization_id,
    organization_name,
    organization_industry,
    organization_company_size,
    loaded_at
FROM lead_events
WHERE event_action != 'deleted'
