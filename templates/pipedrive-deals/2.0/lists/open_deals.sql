-- Which deals are open now?
-- The deals of Open pipeline, whatever the period. Longest in their stage first, then by id; those of which no time is told
-- come last.
WITH
    (
        is_open_now(deal_status, deal_is_archived)
        AND (empty({stage:Array(UInt64)}) OR has({stage:Array(UInt64)}, deal_stage_id))
        AND (empty({month:Array(String)}) OR has({month:Array(String)}, month_word(month_place(deal_expected_close_date))))
        AND (empty({age:Array(String)})
            OR has({age:Array(String)}, age_word(age_span(days_since(coalesce(deal_stage_change_time, deal_add_time))))))
        AND (empty({organization:Array(UInt64)}) OR has({organization:Array(UInt64)}, organization_id))
        AND (empty({contact:Array(UInt64)}) OR has({contact:Array(UInt64)}, contact_id))
        AND NOT has({not_owner:Array(UInt64)}, deal_owner_id)
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
    weighted_value,
    created_at,
    in_stage_since,
    age_days,
    expected_close,
    next_activity,
    source,
    campaign,
    link
FROM deal_rows
WHERE ({shown:String} = '' OR currency = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
    AND ({only:String} != 'zero' OR is_zero)
    AND ({only:String} != 'without_value' OR is_without_value)
ORDER BY age_days DESC NULLS LAST, in_stage_since, deal_id
