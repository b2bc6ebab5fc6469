-- How far each deal created in the period got (needs scope, in_period and stages): the furthest place of the stages it was
-- ever seen in, those of unknown place by themselves, and whether it was won.
steps AS (
    SELECT
        deal_id,
        deal_status = 'won' AS is_won,
        arrayJoin(arrayDistinct(arrayMap(name -> if(name = '', '(not set)', name), arrayPushBack(stages_seen, stage)))) AS step
    FROM scope
    WHERE in_period(deal_add_time)
),
furthest AS (
    SELECT
        steps.deal_id AS deal_id,
        any(steps.is_won) AS is_won,
        max(stages.position) AS position,
        arraySort(groupUniqArrayIf(steps.step, stages.position IS NULL)) AS unplaced
    FROM steps
    LEFT ANY JOIN stages ON stages.stage = steps.step
    GROUP BY deal_id
),
-- A win counts as all stages that have a place; else one counts that is not beyond the furthest, or that the deal was seen in.
((is_won, furthest_position, unplaced, stage, stage_position) -> coalesce(is_won AND stage_position IS NOT NULL, 0)
    OR coalesce(furthest_position >= stage_position, 0)
    OR has(unplaced, stage)) AS has_reached
