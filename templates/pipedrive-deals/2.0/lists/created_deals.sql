-- Which deals were created in the period?
-- Deals by their add time, whatever became of them, newest first, then by id. A deal whose add time nobody told is in none.
WITH
    (
        in_period(deal_add_time)
        AND (empty({bucket:Array(DateTime64(3, 'UTC'))})
            OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(assumeNotNull(deal_add_time))))
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
    created_at,
    closed_at,
    source,
    campaign,
    link
FROM deal_rows
ORDER BY created_at DESC, deal_id
