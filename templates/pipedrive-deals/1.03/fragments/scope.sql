-- The deals of one company as they are now, inside the viewer's filters, one row a deal (R1), of the founding columns alone.
-- Created is the first event that was seen; won (lost) the event with which the deal last became won (lost): the first one
-- after the last that said otherwise. All words are those of the latest version (R10); an empty one is the value (not set),
-- which can be filtered for like any other (R6). A contact is known by its address, in numbers here: see contact_key. There
-- are no titles, owners, pipelines, archived deals or organizations' ids; names are empty for a viewer who may not see who
-- persons are.
deal_times AS (
    SELECT
        deal_id,
        first_event_time AS created_at,
        stages_seen,
        arrayMin(closing -> closing.2, arrayFilter(closing -> closing.1 > last_not_won_ver, wins)) AS won_at,
        arrayMin(closing -> closing.2, arrayFilter(closing -> closing.1 > last_not_lost_ver, losses)) AS lost_at
    FROM deal_facts_1_03 FINAL
    WHERE event_company_id = {company:UInt64}
),
newest AS (
    SELECT
        deal_id,
        deal_value,
        if(deal_currency = '', '(not set)', toString(deal_currency)) AS currency,
        deal_status,
        if(deal_stage = '', '(not set)', toString(deal_stage)) AS stage,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
        if(marketing_campaign = '', '(not set)', toString(marketing_campaign)) AS campaign,
        toString(organization_industry) AS industry_word,
        toString(organization_company_size) AS size_word,
        contact_key,
        if({pii:Bool}, contact_first_name, '') AS first_name,
        if({pii:Bool}, contact_last_name, '') AS last_name,
        metrics_average_deal_value,
        toString(email_validation_status) AS email_status,
        toString(email_validation_score) AS email_score,
        email_validation_disposable AS email_is_disposable,
        email_validation_block AS email_is_blocked,
        event_time,
        event_ver
    FROM deals_1_03 FINAL
    WHERE event_company_id = {company:UInt64}
        AND (empty({source:Array(String)}) OR has({source:Array(String)}, source))
        AND (empty({campaign:Array(String)}) OR has({campaign:Array(String)}, campaign))
        AND (empty({industry:Array(String)}) OR has({industry:Array(String)}, if(industry_word = '', '(not set)', industry_word)))
        AND (empty({size:Array(String)}) OR has({size:Array(String)}, if(size_word = '', '(not set)', size_word)))
),
scope AS (
    SELECT
        newest.deal_id AS deal_id,
        newest.deal_value AS deal_value,
        newest.currency AS currency,
        newest.deal_status AS deal_status,
        newest.stage AS stage,
        deal_times.stages_seen AS stages_seen,
        false AS deal_is_archived,
        toDateTime64(assumeNotNull(deal_times.created_at), 6, 'UTC') AS deal_add_time,
        assumeNotNull(multiIf(
            newest.deal_status = 'won', deal_times.won_at,
            newest.deal_status = 'lost', deal_times.lost_at,
            toDateTime64(0, 6, 'UTC'))) AS deal_closed_at,
        newest.source AS source,
        newest.campaign AS campaign,
        toUInt64(0) AS organization_id,
        newest.industry_word AS industry_word,
        newest.size_word AS size_word,
        newest.contact_key AS contact_id,
        newest.first_name AS first_name,
        newest.last_name AS last_name,
        newest.metrics_average_deal_value AS told_average,
        newest.email_status AS email_status,
        newest.email_score AS email_score,
        newest.email_is_disposable AS email_is_disposable,
        newest.email_is_blocked AS email_is_blocked,
        newest.event_time AS event_time,
        newest.event_ver AS event_ver
    FROM newest
    LEFT ANY JOIN deal_times ON deal_times.deal_id = newest.deal_id
)
