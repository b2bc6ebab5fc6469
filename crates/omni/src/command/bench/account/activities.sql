-- One activity a deal, two events each: planned and, mostly, done; some were for a lead.
INSERT INTO activity_events
(
    event_company_id, activity_id, event_time, event_uuid, event_ver, event_kind, event_received_at, event_object, event_action, event_id,
    event_user_id, event_source, event_timestamp_micro, event_webhook_version, activity_type, activity_subject, activity_done, activity_due_date,
    activity_add_time, activity_marked_as_done_time, activity_owner_id, activity_owner_name, activity_deal_id, activity_lead_id, contact_id, organization_id
)
WITH
    activities AS
    (
        SELECT
            intDiv(number, 2) + 1 AS activity,
            number % 2 AS step,
            ${now} - 1000000 - cityHash64(21, activity) % (400 * 86400000000) AS made,
            least(made + step * (cityHash64(22, activity) % (5 * 86400000000)), ${now} - 500000) AS happened,
            step = 1 AND cityHash64(23, activity) % 10 < 8 AS is_done,
            fromUnixTimestamp64Micro(toInt64(happened), 'UTC') AS at
        FROM numbers(${deals} * 2)
    )
SELECT
    ${company}, activity, at, reinterpretAsUUID(sipHash128('activity', ${company}, activity, step)), toUInt64(happened) * 4096 + step, 'webhook', at, 'activity',
    if(step = 0, 'added', 'updated'), toString(activity), 1 + activity % 20, 'pipedrive', toUInt64(happened), 2,
    ['call', 'meeting', 'email', 'task', 'lunch'][1 + cityHash64(24, activity) % 5], 'Follow up', is_done,
    toDate32(fromUnixTimestamp64Micro(toInt64(made), 'UTC')) + 3, fromUnixTimestamp64Micro(toInt64(made), 'UTC'), if(is_done, at, NULL),
    1 + activity % 20, concat('Seller ', toString(1 + activity % 20)), activity, if(activity % 10 = 0, toString(activity), ''), intDiv(activity, 3) + 1, intDiv(activity, 5) + 1
FROM activities
SETTINGS max_insert_threads = 2, max_partitions_per_insert_block = 100
