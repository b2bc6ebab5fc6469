-- Which deals are open now?
-- The deals of Open pipeline, whatever the period. First seen first, then by id.
WITH
    (
        is_open_now(deal_status, deal_is_archived)
        AND (empty({stage:Array(String)}) OR has({stage:Array(String)}, stage))
        AND (empty({contact:Array(UInt64)}) OR has({contact:Array(UInt64)}, contact_id))
    ) AS is_listed
SELECT
    deal_id,
    title,
    contact,
    stage,
    status,
    value,
    value_currency,
    currency,
    converted_value,
    is_unconverted,
    is_zero,
    created_at,
    source,
    campaign,
    told_average
FROM deal_rows
WHERE ({shown:String} = '' OR currency = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
    AND ({only:String} != 'zero' OR is_zero)
ORDER BY created_at, deal_id
