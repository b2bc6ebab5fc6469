-- The events of some deals (needs the condition `is_asked` on event_id), each once with its newest revision's words, with what
-- the event of the same deal before it told: the founding event does not say what changed. The first event that was seen of
-- a deal has none before it. The viewer's filters apply to the words of the event itself.
told AS (
    SELECT
        event_uuid,
        event_ver,
        least(event_time, event_received_at) AS at,
        event_user_id,
        event_is_bulk_update,
        toUInt64OrZero(event_id) AS deal_id,
        trimBoth(concat(if({pii:Bool}, contact_first_name, ''), ' ', if({pii:Bool}, contact_last_name, ''))) AS contact,
        deal_value,
        toString(deal_currency) AS currency,
        toString(deal_status) AS status,
        toString(deal_stage) AS stage,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
        if(marketing_campaign = '', '(not set)', toString(marketing_campaign)) AS campaign,
        if(organization_industry = '', '(not set)', toString(organization_industry)) AS industry,
        if(organization_company_size = '', '(not set)', toString(organization_company_size)) AS size
    FROM deal_events_1_03
    WHERE event_company_id = {company:UInt64} AND event_object = 'deal' AND is_asked
    ORDER BY event_ver DESC
    LIMIT 1 BY event_uuid
),
compared AS (
    SELECT
        event_uuid,
        event_ver,
        at,
        event_user_id,
        event_is_bulk_update,
        deal_id,
        contact,
        deal_value,
        currency,
        status,
        stage,
        source,
        campaign,
        industry,
        size,
        lagInFrame(status) OVER one_deal AS previous_status,
        lagInFrame(stage) OVER one_deal AS previous_stage,
        lagInFrame(toNullable(deal_value)) OVER one_deal AS previous_value
    FROM told
    WINDOW one_deal AS (PARTITION BY deal_id ORDER BY event_ver ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
changes AS (
    SELECT
        event_uuid,
        event_ver,
        at,
        event_user_id,
        event_is_bulk_update,
        deal_id,
        contact,
        deal_value,
        currency,
        status,
        stage,
        source,
        previous_status,
        previous_stage,
        previous_value,
        multiIf(
            previous_status = '', 'updated',
            previous_status != status AND status = 'open', 'reopened',
            previous_status != status, status,
            previous_stage != stage, 'moved',
            previous_value != deal_value, 'revalued',
            'updated') AS what
    FROM compared
    WHERE (empty({source:Array(String)}) OR has({source:Array(String)}, source))
        AND (empty({campaign:Array(String)}) OR has({campaign:Array(String)}, campaign))
        AND (empty({industry:Array(String)}) OR has({industry:Array(String)}, industry))
        AND (empty({size:Array(String)}) OR has({size:Array(String)}, size))
)
