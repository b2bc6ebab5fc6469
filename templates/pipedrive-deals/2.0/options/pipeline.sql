-- Which pipelines do the company's deals stand in, and how many deals each? By id, with the name of today; in the order of
-- the account, then by name.
WITH
    pipelines AS (
        SELECT pipeline_id, any(pipeline) AS name, min(pipeline_position) AS position FROM stages GROUP BY pipeline_id
    )
SELECT
    toString(scope.deal_pipeline_id) AS value,
    multiIf(
        scope.deal_pipeline_id = 0, '(not set)',
        any(pipelines.name) != '', any(pipelines.name),
        any(scope.pipeline_word) != '', any(scope.pipeline_word),
        concat('#', toString(scope.deal_pipeline_id))
    ) AS label,
    count() AS count
FROM scope
LEFT ANY JOIN pipelines ON pipelines.pipeline_id = scope.deal_pipeline_id
GROUP BY scope.deal_pipeline_id
ORDER BY min(if(pipelines.name = '', 4294967295, pipelines.position)), label
LIMIT {top:UInt16}
