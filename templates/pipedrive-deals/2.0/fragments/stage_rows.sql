-- Each stage as the account has it today: its newest `entities` row, so a renamed stage is renamed for old deals too.
stage_rows AS (
    SELECT
        toUInt64OrZero(entity_id) AS stage_id,
        entity_name AS name,
        entity_order AS position,
        entity_pipeline_id AS pipeline_id,
        entity_probability AS probability
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'stage'
)
