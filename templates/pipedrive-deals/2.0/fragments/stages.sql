-- All stages that are known or were ever seen, with words and order of today (needs stage_rows). Where no whole `entities`
-- row has come yet, the words of the newest event that named the stage. An order that nobody told is NULL: such a stage
-- comes last, and is reached only by those seen in it. (Webhooks v1 always tell it, so there 0 is an order.)
stage_words AS (
    SELECT
        deal_stage_id AS stage_id,
        toString(argMaxIf(deal_stage, event_ver, deal_stage != '')) AS name,
        argMaxOrNullIf(deal_stage_order, event_ver, deal_stage_order != 0 OR event_webhook_version = 1) AS position,
        argMaxIf(deal_pipeline_id, event_ver, deal_pipeline_id != 0) AS pipeline_id,
        toString(argMaxIf(deal_pipeline, event_ver, deal_pipeline != '')) AS pipeline
    FROM deal_events
    WHERE event_company_id = {company:UInt64}
        AND deal_stage_id NOT IN (SELECT stage_id FROM stage_rows WHERE name != '' AND pipeline_id != 0)
        AND deal_stage_id != 0
    GROUP BY deal_stage_id
),
pipeline_rows AS (
    SELECT toUInt64OrZero(entity_id) AS pipeline_id, entity_name AS name, entity_order AS position
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'pipeline'
),
told_stages AS (
    SELECT stage_id, name, toNullable(position) AS position, pipeline_id, '' AS pipeline, 0 AS place FROM stage_rows
    UNION ALL
    SELECT stage_id, name, position, pipeline_id, pipeline, 1 AS place FROM stage_words
),
named_stages AS (
    SELECT
        stage_id,
        argMinIf(name, place, name != '') AS stage,
        argMin(tuple(position), place).1 AS stage_position,
        argMinIf(pipeline_id, place, pipeline_id != 0) AS stage_pipeline_id,
        argMinIf(pipeline, place, pipeline != '') AS pipeline_word
    FROM told_stages
    GROUP BY stage_id
),
stages AS (
    SELECT
        named_stages.stage_id AS stage_id,
        if(named_stages.stage = '', concat('#', toString(named_stages.stage_id)), named_stages.stage) AS stage,
        named_stages.stage_position AS position,
        named_stages.stage_pipeline_id AS pipeline_id,
        if(pipeline_rows.name != '', pipeline_rows.name, named_stages.pipeline_word) AS pipeline,
        if(pipeline_rows.pipeline_id != 0, pipeline_rows.position, 4294967294) AS pipeline_position
    FROM named_stages
    LEFT ANY JOIN pipeline_rows ON pipeline_rows.pipeline_id = named_stages.stage_pipeline_id
)
