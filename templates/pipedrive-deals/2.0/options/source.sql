-- Which sources do the company's deals have, and how many deals each? Most deals first, then by name.
SELECT
    source AS value,
    source AS label,
    count() AS count
FROM scope
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
