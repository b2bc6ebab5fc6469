-- Which sources have spend or won deals, and how many deals did each win? Most deals first, then by name.
SELECT
    source AS value,
    source AS label,
    sum(deals) AS count
FROM (
    SELECT source, count() AS deals FROM won GROUP BY source
    UNION ALL
    SELECT DISTINCT source, 0 AS deals FROM spend
)
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
