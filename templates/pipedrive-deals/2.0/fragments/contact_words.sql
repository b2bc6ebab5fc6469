-- What each contact is called today, by id.
contact_words AS (
    SELECT toUInt64OrZero(entity_id) AS contact_id, entity_name AS name
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'person'
)
