-- What is still to be done, and what is late?
-- Activities not done, now, whatever the period. Overdue: due before today in the board's zone. One row, none when nothing is to
-- be done.
SELECT
    count() AS due_activities,
    countIf(is_overdue) AS overdue_activities,
    countIf(activity_due_date = toDate32({asof:DateTime64(3, 'UTC')}, {tz:String})) AS due_today,
    countIf(isNull(activity_due_date)) AS undated_activities
FROM activity_scope
WHERE NOT activity_done
HAVING due_activities > 0
