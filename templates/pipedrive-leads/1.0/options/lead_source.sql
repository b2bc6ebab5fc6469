-- Which sources do the company's leads have, and how many leads each? Most leads first, then by name.
SELECT
    source AS value,
    source AS label,
    count() AS count
FROM lead_scope
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
