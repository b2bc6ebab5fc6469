-- Which version of each entity was told last, and is it gone? Of what no template shows: words of the boards come from its state.
SELECT
    entity_id AS id,
    toString(max(event_ver)) AS ver,
    toBool(argMax(entity_gone, event_ver) != '') AS is_gone
FROM entities
WHERE event_company_id = {company:UInt64}
    AND entity_object = {object:String}
    AND (empty({ids:Array(String)}) OR entity_id IN {ids:Array(String)})
GROUP BY id
SETTINGS max_memory_usage = 4000000000, max_bytes_before_external_group_by = 1000000000
