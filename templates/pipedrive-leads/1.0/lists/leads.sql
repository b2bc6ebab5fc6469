-- Which leads are there?
-- Those created in the period, or all of any time; `only` narrows to what became of them. Newest first, then by id.
SELECT
    lead_scope.lead_id AS lead_id,
    if(lead_scope.title = '', concat('#', left(lead_scope.lead_id, 8)), lead_scope.title) AS title,
    multiIf(
        lead_scope.lead_owner_id = 0, '(not set)',
        users.name != '', users.name,
        lead_scope.owner_name != '', lead_scope.owner_name,
        concat('#', toString(lead_scope.lead_owner_id))
    ) AS owner,
    lead_scope.source AS source,
    lead_scope.campaign AS campaign,
    multiIf(is_converted, 'converted', is_archived, 'archived', 'open') AS status,
    lead_scope.lead_add_time AS created_at,
    lead_scope.converted_at AS converted_at,
    lead_scope.lead_value AS value,
    lead_scope.currency AS currency,
    lead_scope.is_converted AS is_converted,
    NOT lead_scope.is_converted AND lead_scope.lead_is_archived AS is_archived,
    NOT lead_scope.is_converted AND NOT lead_scope.lead_is_archived AS is_open,
    ripens(lead_scope.is_converted, lead_scope.lead_add_time) AS is_ripening
FROM lead_scope
LEFT ANY JOIN users ON users.user_id = lead_scope.lead_owner_id
WHERE ({created:String} = '' OR (lead_scope.lead_add_time >= {from:DateTime64(3, 'UTC')} AND lead_scope.lead_add_time < {to:DateTime64(3, 'UTC')}))
    AND ({only:String} != 'converted' OR is_converted)
    AND ({only:String} != 'open' OR is_open)
    AND ({only:String} != 'archived' OR is_archived)
    AND ({only:String} != 'ripening' OR is_ripening)
    AND (empty({bucket:Array(DateTime64(3, 'UTC'))})
        OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(assumeNotNull(created_at))))
    AND (empty({converted_bucket:Array(DateTime64(3, 'UTC'))})
        OR coalesce(has({converted_bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(converted_at)), false))
    AND NOT has({not_source:Array(String)}, lead_scope.source)
    AND NOT has({not_owner:Array(UInt64)}, lead_scope.lead_owner_id)
ORDER BY created_at DESC, lead_id
