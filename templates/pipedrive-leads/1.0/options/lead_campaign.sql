-- Which campaigns do the company's leads have, and how many leads each? Most leads first, then by name.
SELECT
    campaign AS value,
    campaign AS label,
    count() AS count
FROM lead_scope
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
