-- The order of stages by name, as the account has it today: the founding event tells a stage's name alone. Of a name that
-- several pipelines have, the first place. A stage that is not here has no known place.
stages AS (
    SELECT entity_name AS stage, toNullable(min(entity_order)) AS position
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'stage' AND entity_name != ''
    GROUP BY stage
)
