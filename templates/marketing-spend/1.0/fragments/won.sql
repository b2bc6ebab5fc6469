-- The company's won deals as they are now, inside the viewer's filters, one row a deal, at its newest won time (R1 to R3, R5): those
-- of Won value on the board of deals. Titles are empty for a viewer who may not see who persons are.
won AS (
    SELECT
        deal_id,
        if({pii:Bool}, deal_title, '') AS title,
        deal_owner_id,
        toString(deal_owner_name) AS owner_name,
        deal_value,
        if(deal_currency = '', '(not set)', toString(deal_currency)) AS currency,
        deal_closed_at AS won_at,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
        if(marketing_campaign = '', '(not set)', toString(marketing_campaign)) AS campaign
    FROM deals FINAL
    WHERE event_company_id = {company:UInt64}
        AND deal_status = 'won'
        AND (empty({source:Array(String)})
            OR has({source:Array(String)}, if(marketing_source = '', '(not set)', toString(marketing_source))))
        AND (empty({campaign:Array(String)})
            OR has({campaign:Array(String)}, if(marketing_campaign = '', '(not set)', toString(marketing_campaign))))
)
