-- Events of the deals ${first} + 1 to ${first} + ${deals}, ${each} a deal, of the 400 days before ${now} (microseconds since 1970).
-- Everything follows from the deal's number: a deal is made, goes from stage to stage and at times back, and is won (25 of
-- 100), lost (35) or still open at its last event; one of 50 was lost before and came back, one of 100 is deleted.
INSERT INTO deal_events
(
    event_company_id, deal_id, event_time, event_uuid, event_ver, event_kind, event_received_at, event_object, event_action,
    event_id, event_user_id, event_source, event_timestamp_micro, event_webhook_version,
    deal_title, deal_value, deal_currency, deal_status, deal_stage, deal_stage_id, deal_stage_order, deal_pipeline_id, deal_pipeline,
    deal_owner_id, deal_owner_name, deal_lost_reason, deal_source_lead_id, deal_add_time, deal_update_time, deal_stage_change_time,
    deal_won_time, deal_lost_time, deal_close_time, deal_expected_close_date, deal_next_activity_date, deal_prev_stage_id, deal_prev_status,
    marketing_source, marketing_campaign, marketing_source_origin,
    contact_id, contact_email, contact_first_name, contact_last_name,
    organization_id, organization_name, organization_industry, organization_company_size, organization_country,
    email_validation_status, email_validation_score, email_validation_disposable, email_validation_webmail, email_validation_block, loaded_at
)
WITH
    ['google', 'facebook', 'linkedin', 'newsletter', 'referral', 'bing', 'partner', 'fair', 'phone', 'podcast', 'youtube', ''] AS sources,
    ['technology', 'retail', 'finance', 'healthcare', 'education', 'manufacturing', 'media', ''] AS industries,
    ['1-10', '11-50', '51-200', '201-500', '501-1000', '1001+', ''] AS sizes,
    ['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'USD', 'USD', 'GBP', 'PLN'] AS currencies,
    ['price', 'no budget', 'competitor', 'timing', 'no answer', ''] AS reasons,
    ['valid', 'valid', 'valid', 'accept_all', 'invalid', 'unknown', ''] AS checks,
    (pick, deal) -> cityHash64(pick, deal) AS hash,
    86400000000 AS a_day,
    steps AS
    (
        SELECT
            ${first} + intDiv(number, ${each}) + 1 AS deal,
            number % ${each} AS step,
            ${now} - 1000000 - hash(1, deal) % (400 * a_day) AS made,
            3600000000 + hash(2, deal) % (3 * a_day) AS usual_gap,
            intDiv(${now} - 1000000 - made, ${each}) AS gap_until_now,
            made + step * least(usual_gap, gap_until_now) AS happened,
            step = ${each} - 1 AS is_last,
            usual_gap > gap_until_now AS is_unfinished,
            hash(3, deal) % 100 AS fate,
            multiIf(
                is_last AND fate < 25 AND NOT is_unfinished, 'won',
                is_last AND fate < 60 AND NOT is_unfinished, 'lost',
                step = ${each} - 2 AND hash(4, deal) % 50 = 0, 'lost',
                'open') AS status,
            greatest(1, 1 + intDiv(step * 5, ${each}) - (hash(5, deal) % 10 = 0 AND step % 2 = 1)) AS stage,
            fromUnixTimestamp64Micro(toInt64(happened), 'UTC') AS at
        FROM numbers(${deals} * ${each})
    )
SELECT
    ${company}, deal, at, reinterpretAsUUID(sipHash128(${company}, deal, step)), toUInt64(happened) * 4096 + cityHash64(deal, step) % 4096, 'webhook',
    at + INTERVAL 200 MILLISECOND, 'deal', multiIf(step = 0, 'added', is_last AND hash(6, deal) % 100 = 0, 'deleted', 'updated'),
    toString(deal), 1 + deal % 20, 'pipedrive', toUInt64(happened), 2,
    concat('Deal ', toString(deal)), toDecimal64(hash(7, deal) % 5000000, 4) / 100, currencies[1 + hash(8, deal) % 10], status,
    concat('Stage ', toString(stage)), stage, stage, 1, 'Sales',
    1 + deal % 20, concat('Seller ', toString(1 + deal % 20)), if(status = 'lost', reasons[1 + hash(9, deal) % 6], ''),
    if(deal % 20 = 0, toString(deal), ''), fromUnixTimestamp64Micro(toInt64(made), 'UTC'), at, at,
    if(status = 'won', at, NULL), if(status = 'lost', at, NULL), if(status IN ('won', 'lost'), at, NULL),
    toDate32(at) + 30, if(hash(10, deal) % 3 = 0, NULL, toDate32(at) + 5), if(step = 0, 0, greatest(1, stage - 1)), if(step = 0, '', 'open'),
    sources[1 + least(hash(11, deal) % 12, hash(12, deal) % 12)], concat('campaign-', toString(hash(13, deal) % 40)), 'deal',
    intDiv(deal, 3) + 1, concat('person.', toString(intDiv(deal, 3) + 1), '@example.com'), 'Ada', concat('Example ', toString(intDiv(deal, 3) + 1)),
    intDiv(deal, 5) + 1, concat('Organization ', toString(intDiv(deal, 5) + 1)), industries[1 + hash(14, intDiv(deal, 5)) % 8], sizes[1 + hash(15, intDiv(deal, 5)) % 7], 'DE',
    checks[1 + hash(16, intDiv(deal, 3)) % 7], if(hash(16, intDiv(deal, 3)) % 7 = 6, '', ['high', 'medium', 'low'][1 + hash(17, intDiv(deal, 3)) % 3]),
    hash(18, intDiv(deal, 3)) % 40 = 0, hash(19, intDiv(deal, 3)) % 4 = 0, hash(20, intDiv(deal, 3)) % 60 = 0, at + INTERVAL 400 MILLISECOND
FROM steps
SETTINGS max_insert_threads = 2, max_partitions_per_insert_block = 100
