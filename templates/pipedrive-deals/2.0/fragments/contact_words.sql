-- What each contact is called today, by id; nothing for a viewer who may not see who persons are.
contact_words AS (
    SELECT toUInt64OrZero(entity_id) AS contact_id, if({pii:Bool}, entity_name, '') AS name
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'person'
)
