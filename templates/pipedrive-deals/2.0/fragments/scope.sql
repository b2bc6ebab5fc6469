-- The deals of one company as they are now, inside the viewer's filters, one row a deal (R1). Deleted deals and the
-- losing side of a merge are out (R2: FINAL applies is_deleted). An empty word is the value (not set), which can be
-- filtered for like any other (R6). Source, campaign and owner are those of the latest version (R10); industry and size
-- are the organization's today, else those of the latest version (needs organization_words, which is read only while one
-- of the two is filtered for). Titles and names are empty for a viewer who may not see who persons are.
scope AS (
    SELECT
        deal_id,
        if({pii:Bool}, deal_title, '') AS title,
        deal_value,
        if(deal_currency = '', '(not set)', toString(deal_currency)) AS currency,
        deal_status,
        deal_stage_id,
        toString(deal_stage) AS stage_word,
        deal_pipeline_id,
        toString(deal_pipeline) AS pipeline_word,
        deal_probability,
        deal_is_archived,
        deal_add_time,
        deal_closed_at,
        deal_stage_change_time,
        deal_expected_close_date,
        deal_next_activity_date,
        deal_lost_reason,
        deal_owner_id,
        toString(deal_owner_name) AS owner_name,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
        if(marketing_campaign = '', '(not set)', toString(marketing_campaign)) AS campaign,
        organization_id,
        organization_name,
        toString(organization_industry) AS industry_word,
        toString(organization_company_size) AS size_word,
        contact_id,
        if({pii:Bool}, contact_first_name, '') AS first_name,
        if({pii:Bool}, contact_last_name, '') AS last_name,
        toString(email_validation_status) AS email_status,
        toString(email_validation_score) AS email_score,
        email_validation_disposable AS email_is_disposable,
        email_validation_block AS email_is_blocked,
        event_time,
        event_ver
    FROM deals FINAL
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
