-- The leads of one company as they are now, inside the viewer's filters, one row a lead. A lead that became a deal is deleted
-- in Pipedrive and stays here with the deal's time, as long as that deal is there; a lead deleted without one is out. A lead
-- has no pipeline: that filter plays no part. Industry and size are the organization's today, else those told with the lead
-- (needs organization_words, which is read only while one of the two is filtered for).
lead_deals AS (
    SELECT deal_source_lead_id AS lead_id, minOrNull(deal_add_time) AS converted_at
    FROM deals FINAL
    WHERE event_company_id = {company:UInt64} AND deal_source_lead_id != ''
    GROUP BY lead_id
),
lead_ends AS (
    SELECT lead_id, max(deleted_ver) AS ver
    FROM lead_deletions
    WHERE event_company_id = {company:UInt64}
    GROUP BY lead_id
),
lead_scope AS (
    SELECT
        known.lead_id AS lead_id,
        known.title AS title,
        known.lead_value AS lead_value,
        known.currency AS currency,
        known.lead_is_archived AS lead_is_archived,
        known.lead_add_time AS lead_add_time,
        known.lead_owner_id AS lead_owner_id,
        known.owner_name AS owner_name,
        known.source AS source,
        known.campaign AS campaign,
        known.contact_id AS contact_id,
        known.event_ver AS event_ver,
        lead_deals.lead_id != '' AS is_converted,
        lead_deals.converted_at AS converted_at
    FROM (
        SELECT
            lead_id,
            if({pii:Bool}, lead_title, '') AS title,
            lead_value,
            if(lead_currency = '', '(not set)', toString(lead_currency)) AS currency,
            lead_is_archived,
            lead_add_time,
            lead_owner_id,
            toString(lead_owner_name) AS owner_name,
            if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
            if(marketing_campaign = '', '(not set)', toString(marketing_campaign)) AS campaign,
            contact_id,
            event_ver
        FROM leads FINAL
        WHERE event_company_id = {company:UInt64}
            AND (empty({source:Array(String)})
                OR has({source:Array(String)}, if(marketing_source = '', '(not set)', toString(marketing_source))))
            AND (empty({campaign:Array(String)})
                OR has({campaign:Array(String)}, if(marketing_campaign = '', '(not set)', toString(marketing_campaign))))
            AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, lead_owner_id))
            AND (empty({industry:Array(String)})
                OR organization_id IN (
                    SELECT organization_id FROM organization_words WHERE has({industry:Array(String)}, industry))
                OR (organization_id NOT IN (SELECT organization_id FROM organization_words WHERE industry != '')
                    AND has({industry:Array(String)}, if(organization_industry = '', '(not set)', toString(organization_industry)))))
            AND (empty({size:Array(String)})
                OR organization_id IN (SELECT organization_id FROM organization_words WHERE has({size:Array(String)}, size))
                OR (organization_id NOT IN (SELECT organization_id FROM organization_words WHERE size != '')
                    AND has({size:Array(String)}, if(organization_company_size = '', '(not set)', toString(organization_company_size)))))
    ) AS known
    LEFT ANY JOIN lead_deals ON lead_deals.lead_id = known.lead_id
    LEFT ANY JOIN lead_ends ON lead_ends.lead_id = known.lead_id
    WHERE lead_deals.lead_id != '' OR lead_ends.ver < known.event_ver
)
