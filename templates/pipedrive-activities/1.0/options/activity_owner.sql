-- Whose activities are there, and how many each? By id, with the name of today; most first, then by name.
SELECT
    toString(activity_scope.activity_owner_id) AS value,
    multiIf(
        activity_scope.activity_owner_id = 0, '(not set)', any(users.name) != '', any(users.name), any(activity_scope.owner_name)
    ) AS label,
    count() AS count
FROM activity_scope
LEFT ANY JOIN users ON users.user_id = activity_scope.activity_owner_id
GROUP BY activity_scope.activity_owner_id
ORDER BY count DESC, label
LIMIT {top:UInt16}
