-- Feeds deals_1_03 from each insert into deal_events_1_03.
CREATE MATERIALIZED VIEW IF NOT EXISTS deals_1_03_view ${on_cluster} TO deals_1_03 AS
SELECT
    event_company_id,
    toUInt64OrZero(event_id) AS deal_id,
    event_ver,
    event_uuid,
    event_time,
    deal_stage,
    deal_value,
    deal_currency,
    deal_status,
    marketing_source,
    marketing_campaign,
    if(contact_email = '', 0, bitShiftRight(sipHash64(lowerUTF8(trimBoth(contact_email))), 16)) AS contact_key,
    contact_email,
    contact_first_name,
    contact_last_name,
    organization_company_size,
    organization_industry,
    metrics_average_deal_value,
    email_validation_status,
    email_validation_score,
    email_validation_disposable,
    email_validation_block,
    loaded_at
FROM deal_events_1_03
