-- Which industries do the company's organizations have, and how many organizations each? Most first, then by name.
SELECT
    if(industry = '', '(not set)', industry) AS value,
    value AS label,
    count() AS count
FROM organization_words
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
