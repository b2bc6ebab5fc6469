-- When were events refused, and by which stage?
-- Events refused at any time by the time they were received, each once, by its first refusal; those loaded since are among them.
-- One row a bucket and stage that refused one, in order, 0 where nothing was; NULL where the bucket begins after asof: not yet.
-- Filters play no part.
WITH
    inside AS (
        SELECT refused_by, bucket_of(received_at) AS start
        FROM rejections
        WHERE received_at >= {from:DateTime64(3, 'UTC')} AND received_at < {to:DateTime64(3, 'UTC')}
    ),
    counts AS (
        SELECT refused_by, start, count() AS events
        FROM inside
        GROUP BY refused_by, start
    )
SELECT
    slots.start AS bucket_at,
    slots.refused_by AS refused_by,
    if(slots.is_ahead, NULL, counts.events) AS refused_events
FROM (
    SELECT buckets.start AS start, buckets.is_ahead AS is_ahead, stages_there.refused_by AS refused_by
    FROM buckets
    CROSS JOIN (SELECT DISTINCT refused_by FROM inside) AS stages_there
) AS slots
LEFT ANY JOIN counts ON counts.start = slots.start AND counts.refused_by = slots.refused_by
ORDER BY bucket_at, refused_by
