-- Whose leads are there, and how many each? By id, with the name of today; most leads first, then by name.
SELECT
    toString(lead_scope.lead_owner_id) AS value,
    multiIf(lead_scope.lead_owner_id = 0, '(not set)', any(users.name) != '', any(users.name), any(lead_scope.owner_name)) AS label,
    count() AS count
FROM lead_scope
LEFT ANY JOIN users ON users.user_id = lead_scope.lead_owner_id
GROUP BY lead_scope.lead_owner_id
ORDER BY count DESC, label
LIMIT {top:UInt16}
