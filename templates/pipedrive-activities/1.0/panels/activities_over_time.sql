-- How many activities were added and how many done in each bucket of the period?
-- An activity counts once in each series, at its own time. One row a bucket, in order, 0 where nothing was; NULL where the bucket
-- begins after asof: not yet.
WITH
    moments AS (
        SELECT arrayJoin([(activity_add_time, 'added'), (done_at, 'done')]) AS moment
        FROM activity_scope
    ),
    counts AS (
        SELECT
            bucket_of(assumeNotNull(moment.1)) AS start,
            countIf(moment.2 = 'added') AS added,
            countIf(moment.2 = 'done') AS done
        FROM moments
        WHERE moment.1 >= {from:DateTime64(3, 'UTC')} AND moment.1 < {to:DateTime64(3, 'UTC')}
        GROUP BY start
    )
SELECT
    buckets.start AS bucket_at,
    if(buckets.is_ahead, NULL, counts.added) AS added_activities,
    if(buckets.is_ahead, NULL, counts.done) AS done_activities
FROM buckets
LEFT ANY JOIN counts ON counts.start = buckets.start
ORDER BY bucket_at
