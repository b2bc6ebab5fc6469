-- How many leads came in each bucket of the period, and how many became deals?
-- A lead counts once in each series, at its own time: new at its add time whatever became of it, converted at the time of its
-- deal. One row a bucket, in order, 0 where nothing was; NULL where the bucket begins after asof: not yet.
WITH
    moments AS (
        SELECT arrayJoin([(lead_add_time, 'new'), (converted_at, 'converted')]) AS moment
        FROM lead_scope
    ),
    counts AS (
        SELECT
            bucket_of(assumeNotNull(moment.1)) AS start,
            countIf(moment.2 = 'new') AS new,
            countIf(moment.2 = 'converted') AS converted
        FROM moments
        WHERE moment.1 >= {from:DateTime64(3, 'UTC')} AND moment.1 < {to:DateTime64(3, 'UTC')}
        GROUP BY start
    )
SELECT
    buckets.start AS bucket_at,
    if(buckets.is_ahead, NULL, counts.new) AS new_leads,
    if(buckets.is_ahead, NULL, counts.converted) AS converted_leads
FROM buckets
LEFT ANY JOIN counts ON counts.start = buckets.start
ORDER BY bucket_at
