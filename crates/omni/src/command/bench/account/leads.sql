-- One lead to ten deals, three events each; every second became one of the deals.
INSERT INTO lead_events
(
    event_company_id, lead_id, event_time, event_uuid, event_ver, event_kind, event_received_at, event_object, event_action, event_id,
    event_user_id, event_source, event_timestamp_micro, event_webhook_version, lead_title, lead_value, lead_currency, lead_owner_id, lead_owner_name,
    lead_source_name, lead_add_time, marketing_source, marketing_campaign, contact_id, organization_id, organization_industry, organization_company_size
)
WITH
    ['google', 'facebook', 'linkedin', 'newsletter', 'referral', 'bing', 'partner', 'fair', 'phone', 'podcast', 'youtube', ''] AS sources,
    leads AS
    (
        SELECT
            (intDiv(number, 3) + 1) * 10 AS lead,
            number % 3 AS step,
            ${now} - 1000000 - cityHash64(1, lead) % (400 * 86400000000) - 86400000000 AS made,
            made + step * 7200000000 AS happened,
            fromUnixTimestamp64Micro(toInt64(happened), 'UTC') AS at
        FROM numbers(intDiv(${deals}, 10) * 3)
    )
SELECT
    ${company}, toString(lead), at, reinterpretAsUUID(sipHash128('lead', ${company}, lead, step)), toUInt64(happened) * 4096 + step, 'webhook', at, 'lead',
    if(step = 0, 'added', 'updated'), toString(lead), 1 + lead % 20, 'pipedrive', toUInt64(happened), 2, concat('Lead ', toString(lead)), 1000, 'EUR',
    1 + lead % 20, concat('Seller ', toString(1 + lead % 20)), 'Web forms', fromUnixTimestamp64Micro(toInt64(made), 'UTC'),
    sources[1 + cityHash64(11, lead) % 12], concat('campaign-', toString(cityHash64(13, lead) % 40)), intDiv(lead, 3) + 1, intDiv(lead, 5) + 1, 'retail', '11-50'
FROM leads
SETTINGS max_insert_threads = 2, max_partitions_per_insert_block = 100
