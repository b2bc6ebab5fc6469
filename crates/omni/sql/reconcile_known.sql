-- Which version of each entity was told last, and is it gone? From the base table of the template that shows it. No ids ask for
-- all. An event's action is that of its newest version; equal ones are the same event.
SELECT
    event_id AS id,
    toString(max(event_ver)) AS ver,
    toBool(argMax(event_action, event_ver) = 'deleted') AS is_gone
FROM {table:Identifier}
WHERE event_company_id = {company:UInt64}
    AND event_object = {object:String}
    AND (empty({ids:Array(String)}) OR event_id IN {ids:Array(String)})
GROUP BY id
SETTINGS max_memory_usage = 4000000000, max_bytes_before_external_group_by = 1000000000
