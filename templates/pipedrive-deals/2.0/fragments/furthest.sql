-- How far each deal created in the period got, once in each pipeline it was in (needs scope, in_period and stages): the
-- furthest position of the stages it was ever seen in, those of unknown position by themselves, and whether it was won there.
cohort AS (
    SELECT deal_id, deal_status = 'won' AS is_won, deal_stage_id
    FROM scope
    WHERE in_period(deal_add_time)
),
seen AS (
    SELECT deal_id, groupUniqArrayArray(stages_seen) AS stage_ids
    FROM deal_facts
    WHERE event_company_id = {company:UInt64} AND deal_id IN (SELECT deal_id FROM cohort)
    GROUP BY deal_id
),
steps AS (
    SELECT
        cohort.deal_id AS deal_id,
        cohort.is_won AS is_won,
        cohort.deal_stage_id AS last_stage_id,
        arrayJoin(arrayDistinct(arrayPushBack(seen.stage_ids, cohort.deal_stage_id))) AS stage_id
    FROM cohort
    LEFT ANY JOIN seen ON seen.deal_id = cohort.deal_id
),
furthest AS (
    SELECT
        steps.deal_id AS deal_id,
        stages.pipeline_id AS pipeline_id,
        max(steps.is_won AND steps.stage_id = steps.last_stage_id) AS is_won,
        max(stages.position) AS position,
        arraySort(groupUniqArrayIf(steps.stage_id, stages.position IS NULL)) AS unplaced
    FROM steps
    INNER JOIN stages ON stages.stage_id = steps.stage_id
    GROUP BY deal_id, pipeline_id
),
-- A win counts as all stages; else one counts that is not beyond the furthest, or that the deal was seen in.
((is_won, furthest_position, unplaced, stage_id, stage_position) -> is_won
    OR coalesce(furthest_position >= stage_position, 0)
    OR has(unplaced, stage_id)) AS has_reached
