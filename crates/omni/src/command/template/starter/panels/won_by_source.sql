-- Which sources bring the deals that were won in the period? A deal counts once, if its newest status is won and its newest
-- won time lies in the period. No source is the word (not set). Most first, then by name.
WITH
    won AS (
        SELECT if(marketing_source = '', '(not set)', toString(marketing_source)) AS source
        FROM deals FINAL
        WHERE event_company_id = {company:UInt64}
            AND deal_status = 'won'
            AND deal_won_time >= {from:DateTime64(3, 'UTC')}
            AND deal_won_time < {to:DateTime64(3, 'UTC')}
            AND (empty({source:Array(String)}) OR has({source:Array(String)}, source))
    )
SELECT
    source,
    count() AS won_deals,
    won_deals / sum(won_deals) OVER () AS share
FROM won
GROUP BY source
ORDER BY won_deals DESC, source
LIMIT {top:UInt16}
