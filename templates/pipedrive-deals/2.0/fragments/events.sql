-- The events of one company's deals inside the viewer's filters: all that were loaded, some perhaps twice.
events AS (
    SELECT
        event_time,
        event_received_at,
        event_uuid,
        event_ver,
        event_action,
        event_user_id,
        event_is_bulk_update,
        event_merged_into,
        deal_id,
        if({pii:Bool}, deal_title, '') AS title,
        deal_value,
        toString(deal_currency) AS currency,
        toString(deal_status) AS status,
        deal_stage_id,
        toString(deal_stage) AS stage_word,
        deal_prev_stage_id,
        toString(deal_prev_stage) AS previous_stage_word,
        toString(deal_prev_status) AS previous_status,
        deal_prev_value,
        deal_lost_reason,
        deal_owner_id,
        toString(deal_owner_name) AS owner_word,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source
    FROM deal_events
    WHERE event_company_id = {company:UInt64}
        AND (empty({source:Array(String)})
            OR has({source:Array(String)}, if(marketing_source = '', '(not set)', toString(marketing_source))))
        AND (empty({campaign:Array(String)})
            OR has({campaign:Array(String)}, if(marketing_campaign = '', '(not set)', toString(marketing_campaign))))
        AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, deal_owner_id))
        AND (empty({pipeline:Array(UInt64)}) OR has({pipeline:Array(UInt64)}, deal_pipeline_id))
        AND (empty({industry:Array(String)})
            OR organization_id IN (
                SELECT organization_id FROM organization_words WHERE has({industry:Array(String)}, industry))
            OR (organization_id NOT IN (SELECT organization_id FROM organization_words WHERE industry != '')
                AND has({industry:Array(String)}, if(organization_industry = '', '(not set)', toString(organization_industry)))))
        AND (empty({size:Array(String)})
            OR organization_id IN (SELECT organization_id FROM organization_words WHERE has({size:Array(String)}, size))
            OR (organization_id NOT IN (SELECT organization_id FROM organization_words WHERE size != '')
                AND has({size:Array(String)}, if(organization_company_size = '', '(not set)', toString(organization_company_size)))))
)
