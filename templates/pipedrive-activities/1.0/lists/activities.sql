-- Which activities are there?
-- Those done or added in the period, or all of any time; `only` narrows to what is to be done, or was done in time. The last done
-- first, then what is due first, then by id.
SELECT
    activity_scope.activity_id AS activity_id,
    if(activity_scope.subject = '', concat('#', toString(activity_scope.activity_id)), activity_scope.subject) AS subject,
    activity_scope.kind AS activity_type,
    multiIf(
        activity_scope.activity_owner_id = 0, '(not set)',
        users.name != '', users.name,
        activity_scope.owner_name != '', activity_scope.owner_name,
        concat('#', toString(activity_scope.activity_owner_id))
    ) AS owner,
    activity_scope.activity_due_date AS due_date,
    activity_scope.activity_add_time AS created_at,
    activity_scope.done_at AS done_at,
    NOT activity_scope.activity_done AS is_due,
    activity_scope.is_overdue AS is_overdue,
    coalesce(is_due AND due_date = toDate32({asof:DateTime64(3, 'UTC')}, {tz:String}), false) AS is_due_today,
    is_due AND isNull(due_date) AS is_undated,
    isNotNull(toDate32(done_at, {tz:String}) <= due_date) AS is_dated,
    coalesce(toDate32(done_at, {tz:String}) <= due_date, false) AS is_on_time,
    if(is_overdue, toFloat64(dateDiff('day', due_date, toDate32({asof:DateTime64(3, 'UTC')}, {tz:String}))), NULL) AS late_days
FROM activity_scope
LEFT ANY JOIN users ON users.user_id = activity_scope.activity_owner_id
WHERE ({done:String} = '' OR coalesce(done_at >= {from:DateTime64(3, 'UTC')} AND done_at < {to:DateTime64(3, 'UTC')}, false))
    AND ({added:String} = '' OR coalesce(created_at >= {from:DateTime64(3, 'UTC')} AND created_at < {to:DateTime64(3, 'UTC')}, false))
    AND ({only:String} != 'due' OR is_due)
    AND ({only:String} != 'overdue' OR is_overdue)
    AND ({only:String} != 'due_today' OR is_due_today)
    AND ({only:String} != 'undated' OR is_undated)
    AND ({only:String} != 'calls' OR activity_type = 'call')
    AND (empty({bucket:Array(DateTime64(3, 'UTC'))})
        OR coalesce(has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(if({done:String} = '', created_at, done_at))), false))
    AND (empty({activity:Array(UInt64)}) OR has({activity:Array(UInt64)}, activity_id))
    AND NOT has({not_type:Array(String)}, activity_type)
    AND NOT has({not_owner:Array(UInt64)}, activity_scope.activity_owner_id)
ORDER BY done_at DESC NULLS LAST, due_date NULLS LAST, activity_id
