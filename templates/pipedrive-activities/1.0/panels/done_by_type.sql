-- Which kinds of activities were done, and which are to be done?
-- Done in the period by the time they were marked done; due and overdue now, whatever the period. The first {top} kinds by number
-- done, then one row of all others.
WITH
    by_kind AS (
        SELECT
            kind,
            countIf(coalesce(done_at >= {from:DateTime64(3, 'UTC')} AND done_at < {to:DateTime64(3, 'UTC')}, false)) AS done,
            countIf(NOT activity_done) AS due,
            countIf(is_overdue) AS overdue
        FROM activity_scope
        GROUP BY kind
        HAVING done + due > 0
    ),
    ranked AS (
        SELECT kind, done, due, overdue, row_number() OVER (ORDER BY done DESC, due DESC, kind) > {top:UInt16} AS is_rest
        FROM by_kind
    )
SELECT
    if(is_rest, '(other)', kind) AS activity_type,
    sum(done) AS done_activities,
    toFloat64(done_activities) / nullIf((SELECT sum(done) FROM by_kind), 0) AS share,
    sum(due) AS due_activities,
    sum(overdue) AS overdue_activities,
    is_rest AS is_other,
    count() AS types
FROM ranked
GROUP BY is_rest, activity_type
ORDER BY is_rest, done_activities DESC, due_activities DESC, activity_type
