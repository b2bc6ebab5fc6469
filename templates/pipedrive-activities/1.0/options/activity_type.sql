-- Which kinds of activities are there, and how many each? Most first, then by name.
SELECT
    kind AS value,
    kind AS label,
    count() AS count
FROM activity_scope
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
