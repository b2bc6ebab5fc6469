-- Whose deals are there, and how many each? By id, with the name of today; most deals first, then by name.
SELECT
    toString(scope.deal_owner_id) AS value,
    multiIf(scope.deal_owner_id = 0, '(not set)', any(users.name) != '', any(users.name), any(scope.owner_name)) AS label,
    count() AS count
FROM scope
LEFT ANY JOIN users ON users.user_id = scope.deal_owner_id
GROUP BY scope.deal_owner_id
ORDER BY count DESC, label
LIMIT {top:UInt16}
