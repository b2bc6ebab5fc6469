-- Which deals created in the period have reached the stage?
-- As Pipeline by stage counts them: ever seen in the stage or in one of a later place, or won. Newest first, then by id.
WITH
    (
        deal_id IN (
        SELECT furthest.deal_id
        FROM furthest
        CROSS JOIN (SELECT arrayJoin({stage:Array(String)}) AS stage) AS asked
        LEFT ANY JOIN stages ON stages.stage = asked.stage
        WHERE has_reached(furthest.is_won, furthest.position, furthest.unplaced, asked.stage, stages.position)
    )
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
