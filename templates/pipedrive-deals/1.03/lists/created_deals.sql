-- Which deals were created in the period?
-- Deals by their first event that was seen, whatever became of them, newest first, then by id.
WITH
    (
        in_period(deal_add_time)
        AND (empty({bucket:Array(DateTime64(3, 'UTC'))}) OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(deal_add_time)))
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
    closed_at,
    source,
    campaign
FROM deal_rows
ORDER BY created_at DESC, deal_id
