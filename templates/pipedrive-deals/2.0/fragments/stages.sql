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
stage_ids AS (
    SELECT stage_id FROM stage_rows
    UNION DISTINCT
    SELECT stage_id FROM stage_words
),
named_stages AS (
    SELECT
        stage_ids.stage_id AS stage_id,
        multiIf(stage_rows.name != '', stage_rows.name, stage_words.name != '', stage_words.name,
            concat('#', toString(stage_ids.stage_id))) AS stage,
        if(stage_rows.stage_id != 0, toNullable(stage_rows.position), stage_words.position) AS position,
        if(stage_rows.pipeline_id != 0, stage_rows.pipeline_id, stage_words.pipeline_id) AS pipeline_id,
        stage_words.pipeline AS pipeline_word
    FROM stage_ids
    LEFT ANY JOIN stage_rows ON stage_rows.stage_id = stage_ids.stage_id
    LEFT ANY JOIN stage_words ON stage_words.stage_id = stage_ids.stage_id
),
stages AS (
    SELECT
        named_stages.stage_id AS stage_id,
        named_stages.stage AS stage,
        named_stages.position AS position,
        named_stages.pipeline_id AS pipeline_id,
        if(pipeline_rows.name != '', pipeline_rows.name, named_stages.pipeline_word) AS pipeline,
        if(pipeline_rows.pipeline_id != 0, pipeline_rows.position, 4294967294) AS pipeline_position
    FROM named_stages
    LEFT ANY JOIN pipeline_rows ON pipeline_rows.pipeline_id = named_stages.pipeline_id
)
