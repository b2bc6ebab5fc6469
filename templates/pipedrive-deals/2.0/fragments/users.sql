-- What each user is called today, by id.
users AS (
    SELECT toUInt64OrZero(entity_id) AS user_id, entity_name AS name
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'user'
)
