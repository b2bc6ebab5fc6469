-- The activities of one company as they are now, inside the viewer's filters, one row an activity; deleted ones are out. done_at
-- is the time it was marked done, else of the first event that told of it (webhooks v2 do not say when), NULL while it is not
-- done. is_overdue: not done, and due before the day of asof in the board's zone.
done_times AS (
    SELECT activity_id, min(first_done_time) AS at
    FROM activity_facts
    WHERE event_company_id = {company:UInt64}
    GROUP BY activity_id
),
activity_scope AS (
    SELECT
        known.activity_id AS activity_id,
        known.kind AS kind,
        known.subject AS subject,
        known.activity_done AS activity_done,
        known.activity_due_date AS activity_due_date,
        known.activity_add_time AS activity_add_time,
        known.activity_owner_id AS activity_owner_id,
        known.owner_name AS owner_name,
        known.activity_deal_id AS activity_deal_id,
        known.event_ver AS event_ver,
        if(known.activity_done, toNullable(coalesce(known.activity_marked_as_done_time, done_times.at)), NULL) AS done_at,
        NOT known.activity_done
            AND coalesce(known.activity_due_date < toDate32({asof:DateTime64(3, 'UTC')}, {tz:String}), false) AS is_overdue
    FROM (
        SELECT
            activity_id,
            if(activity_type = '', '(not set)', toString(activity_type)) AS kind,
            if({pii:Bool}, activity_subject, '') AS subject,
            activity_done,
            activity_due_date,
            activity_add_time,
            activity_marked_as_done_time,
            activity_owner_id,
            toString(activity_owner_name) AS owner_name,
            activity_deal_id,
            event_ver
        FROM activities FINAL
        WHERE event_company_id = {company:UInt64}
            AND (empty({activity_type:Array(String)})
                OR has({activity_type:Array(String)}, if(activity_type = '', '(not set)', toString(activity_type))))
            AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, activity_owner_id))
    ) AS known
    LEFT ANY JOIN done_times ON done_times.activity_id = known.activity_id
)
