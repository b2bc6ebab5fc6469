-- The deals of one company as they are now, inside the viewer's filters, one row a deal (R1). Deleted deals and the
-- losing side of a merge are out (R2: FINAL applies is_deleted). An empty word is the value (not set), which can be
-- filtered for like any other (R6). Source, campaign and owner are those of the latest version (R10).
scope AS (
    SELECT
        deal_id,
        deal_value,
        if(deal_currency = '', '(not set)', toString(deal_currency)) AS currency,
        deal_status,
        deal_stage_id,
        deal_pipeline_id,
        deal_probability,
        deal_is_archived,
        deal_add_time,
        deal_closed_at,
        deal_owner_id,
        toString(deal_owner_name) AS owner_name,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
        if(marketing_campaign = '', '(not set)', toString(marketing_campaign)) AS campaign
    FROM deals FINAL
    WHERE event_company_id = {company:UInt64}
        AND (empty({source:Array(String)})
            OR has({source:Array(String)}, if(marketing_source = '', '(not set)', toString(marketing_source))))
        AND (empty({campaign:Array(String)})
            OR has({campaign:Array(String)}, if(marketing_campaign = '', '(not set)', toString(marketing_campaign))))
        AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, deal_owner_id))
)
