-- Which deals is the sales velocity made of, beside the open ones?
-- Deals closed in the last 90 days, or in the chosen period where more days of it have passed. Newest first, then by id.
WITH
    (
        deal_status IN ('won', 'lost') AND is_recent(deal_closed_at)
        AND ({status:String} = '' OR deal_status = {status:String})
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
    created_at,
    closed_at,
    cycle_days,
    is_negative,
    lost_reason,
    source,
    campaign,
    link
FROM deal_rows
WHERE ({shown:String} = '' OR currency = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
    AND ({only:String} != 'negative' OR is_negative)
ORDER BY closed_at DESC, deal_id
