-- Who did how much in the period, how much of it in time, and what has each still to do?
-- Done in the period by the time they were marked done, by owner of today; due and overdue now, whatever the period. On time: done
-- on the day they were due or before, of those that had one. The first {top} owners by number done, then one row of all others.
WITH
    by_owner AS (
        SELECT
            activity_owner_id AS owner_id,
            argMaxIf(owner_name, event_ver, owner_name != '') AS told_name,
            countIf(is_done) AS done,
            countIf(is_done AND kind = 'call') AS calls,
            countIf(is_done AND is_on_time) AS on_time,
            countIf(is_done AND isNotNull(is_on_time)) AS dated,
            countIf(NOT activity_done) AS due,
            countIf(is_overdue) AS overdue
        FROM (
            SELECT
                activity_owner_id,
                owner_name,
                event_ver,
                kind,
                activity_done,
                is_overdue,
                coalesce(done_at >= {from:DateTime64(3, 'UTC')} AND done_at < {to:DateTime64(3, 'UTC')}, false) AS is_done,
                toDate32(done_at, {tz:String}) <= activity_due_date AS is_on_time
            FROM activity_scope
        )
        GROUP BY owner_id
        HAVING done + due > 0
    ),
    named AS (
        SELECT
            by_owner.owner_id AS owner_id,
            multiIf(
                by_owner.owner_id = 0, '(not set)',
                users.name != '', users.name,
                by_owner.told_name != '', by_owner.told_name,
                concat('#', toString(by_owner.owner_id))
            ) AS name,
            by_owner.done AS done,
            by_owner.calls AS calls,
            by_owner.on_time AS on_time,
            by_owner.dated AS dated,
            by_owner.due AS due,
            by_owner.overdue AS overdue,
            row_number() OVER (ORDER BY by_owner.done DESC, by_owner.due DESC, name, by_owner.owner_id) AS line
        FROM by_owner
        LEFT ANY JOIN users ON users.user_id = by_owner.owner_id
    )
SELECT
    if(is_other, 0, min(named.owner_id)) AS owner_id,
    if(is_other, '(other)', min(name)) AS owner,
    sum(done) AS done_activities,
    sum(calls) AS done_calls,
    toFloat64(sum(on_time)) / nullIf(sum(dated), 0) AS on_time_share,
    sum(due) AS due_activities,
    sum(overdue) AS overdue_activities,
    line > {top:UInt16} AS is_other,
    count() AS owners
FROM named
GROUP BY is_other, least(line, {top:UInt16} + 1)
ORDER BY min(line)
