-- What is late, the longest first?
-- Activities not done and due before today in the board's zone, now, whatever the period: twenty-five of them.
SELECT
    late.activity_id AS activity_id,
    if(late.subject = '', concat('#', toString(late.activity_id)), late.subject) AS subject,
    late.kind AS activity_type,
    multiIf(
        late.activity_owner_id = 0, '(not set)',
        users.name != '', users.name,
        late.owner_name != '', late.owner_name,
        concat('#', toString(late.activity_owner_id))
    ) AS owner,
    toFloat64(dateDiff('day', late.activity_due_date, toDate32({asof:DateTime64(3, 'UTC')}, {tz:String}))) AS late_days
FROM (
    SELECT activity_id, subject, kind, activity_owner_id, owner_name, activity_due_date
    FROM activity_scope
    WHERE is_overdue
    ORDER BY activity_due_date, activity_id
    LIMIT 25
) AS late
LEFT ANY JOIN users ON users.user_id = late.activity_owner_id
ORDER BY late_days DESC, activity_id
