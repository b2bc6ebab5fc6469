-- Which deals were closed in the period?
-- Deals whose latest status is won or lost and that last became so in the period (as in Won value and Win rate); `status`
-- narrows to one of the two. Newest first, then by id.
WITH
    (
        deal_status IN ('won', 'lost') AND in_period(deal_closed_at)
        AND ({status:String} = '' OR deal_status = {status:String})
        AND (empty({bucket:Array(DateTime64(3, 'UTC'))}) OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(deal_closed_at)))
        AND (empty({contact:Array(UInt64)}) OR has({contact:Array(UInt64)}, contact_id))
        AND if(empty({not_campaign:Array(String)}),
            NOT has({not_source:Array(String)}, source),
            NOT has(
                arrayMap((place, word) -> ({not_source:Array(String)}[place], word),
                    arrayEnumerate({not_campaign:Array(String)}), {not_campaign:Array(String)}),
                (source, campaign)))
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
    is_won,
    is_lost,
    created_at,
    closed_at,
    source,
    campaign,
    told_average
FROM deal_rows
WHERE NOT has({not_industry:Array(String)}, industry)
    AND ({shown:String} = '' OR currency = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
    AND ({only:String} != 'zero' OR is_zero)
ORDER BY closed_at DESC, deal_id
