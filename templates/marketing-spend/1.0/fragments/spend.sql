-- What was spent, one row a day, source, campaign and currency as the newest import has it, inside the viewer's filters. A day is
-- the one that the platform tells, whatever its zone; here it begins at midnight of the board's. An empty word is the value
-- (not set), as it is of deals.
spend AS (
    SELECT
        spend_day AS day,
        toDateTime(spend_day, {tz:String}) AS day_start,
        if(marketing_source = '', '(not set)', toString(marketing_source)) AS source,
        if(marketing_campaign = '', '(not set)', marketing_campaign) AS campaign,
        toString(spend_currency) AS currency,
        spend_amount AS amount,
        spend_clicks AS clicks,
        spend_impressions AS impressions,
        imported_at
    FROM marketing_spend FINAL
    WHERE event_company_id = {company:UInt64}
        AND (empty({source:Array(String)})
            OR has({source:Array(String)}, if(marketing_source = '', '(not set)', toString(marketing_source))))
        AND (empty({campaign:Array(String)})
            OR has({campaign:Array(String)}, if(marketing_campaign = '', '(not set)', marketing_campaign)))
)
