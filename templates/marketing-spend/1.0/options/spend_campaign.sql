-- Which campaigns have spend or won deals, and how many deals did each win? Most deals first, then by name.
SELECT
    campaign AS value,
    campaign AS label,
    sum(deals) AS count
FROM (
    SELECT campaign, count() AS deals FROM won GROUP BY campaign
    UNION ALL
    SELECT DISTINCT campaign, 0 AS deals FROM spend
)
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
