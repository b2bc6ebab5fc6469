-- What each organization is called today, and what kind it is, by id. An empty word: nobody has told it of the organization
-- itself, and that of the deal holds.
organization_words AS (
    SELECT
        toUInt64OrZero(entity_id) AS organization_id,
        entity_name AS name,
        toString(entity_industry) AS industry,
        toString(entity_company_size) AS size
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'organization'
)
