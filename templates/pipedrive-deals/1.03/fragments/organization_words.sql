-- The founding event has no organization's id, so nobody tells what one is today: the words of the deal's newest version hold.
organization_words AS (
    SELECT toUInt64(0) AS organization_id, '' AS industry, '' AS size
    WHERE false
)
