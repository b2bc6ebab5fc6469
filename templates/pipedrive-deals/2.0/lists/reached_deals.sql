-- Which deals created in the period have reached the stage?
-- As Pipeline by stage counts them: ever seen in the stage or in a later one of its pipeline, or won. Newest first, then by
-- id.
WITH
    (
        deal_id IN (
        SELECT furthest.deal_id
        FROM furthest
        INNER JOIN stages ON stages.pipeline_id = furthest.pipeline_id
        WHERE has({stage:Array(UInt64)}, stages.stage_id)
            AND has_reached(furthest.is_won, furthest.position, furthest.unplaced, stages.stage_id, stages.position)
    )
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
