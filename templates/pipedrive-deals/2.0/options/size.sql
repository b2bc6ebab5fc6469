-- Which sizes of organizations do the company's deals have, and how many deals each? Most deals first, then by name.
SELECT
    multiIf(organization_words.size != '', organization_words.size, scope.size_word != '', scope.size_word, '(not set)') AS value,
    value AS label,
    count() AS count
FROM scope
LEFT ANY JOIN organization_words ON organization_words.organization_id = scope.organization_id
GROUP BY value
ORDER BY count DESC, value
LIMIT {top:UInt16}
