-- What was the last state of these entities?
SELECT entity_id AS id, argMax(entity_state, event_ver) AS state
FROM entities
WHERE event_company_id = {company:UInt64} AND entity_object = {object:String} AND entity_id IN {ids:Array(String)}
GROUP BY id
