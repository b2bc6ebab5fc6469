-- Which deals were closed in the period?
-- Deals whose latest status is won or lost and whose won or lost time lies in the period (as in Won value, Win rate and Lost
-- reasons); `status` narrows to one of the two. Newest first, then by id.
WITH
    (
        deal_status IN ('won', 'lost') AND in_period(deal_closed_at)
        AND ({status:String} = '' OR deal_status = {status:String})
        AND (empty({bucket:Array(DateTime64(3, 'UTC'))}) OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(deal_closed_at)))
        AND (empty({reason:Array(String)}) OR has(arrayMap(told -> reason_key(told), {reason:Array(String)}), reason_key(deal_lost_reason)))
        AND NOT has(arrayMap(told -> reason_key(told), {not_reason:Array(String)}), reason_key(deal_lost_reason))
        AND (empty({organization:Array(UInt64)}) OR has({organization:Array(UInt64)}, organization_id))
        AND (empty({contact:Array(UInt64)}) OR has({contact:Array(UInt64)}, contact_id))
        AND NOT has({not_owner:Array(UInt64)}, deal_owner_id)
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
    owner,
    stage,
    organization,
    status,
    value,
    value_currency,
    currency,
    converted_value,
    is_unconverted,
    is_zero,
    is_without_value,
    is_won,
    is_lost,
    won_part,
    created_at,
    closed_at,
    cycle_days,
    is_negative,
    lost_reason,
    source,
    campaign,
    link
FROM deal_rows
WHERE NOT has({not_industry:Array(String)}, industry)
    AND ({shown:String} = '' OR currency = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
    AND ({only:String} != 'zero' OR is_zero)
    AND ({only:String} != 'without_value' OR is_without_value)
    AND ({only:String} != 'negative' OR is_negative)
ORDER BY closed_at DESC, deal_id
