-- How many activities were done in the period, and how many in the comparison period?
-- By the time they were marked done. On time: done on the day they were due or before, of those that had one. One row, none when
-- nothing was done in either period and nothing was added in this one. Buckets run from the start of the period to asof.
WITH
    counted AS (
        SELECT
            coalesce(done_at >= {from:DateTime64(3, 'UTC')} AND done_at < {to:DateTime64(3, 'UTC')}, false) AS is_done,
            coalesce(done_at >= {pfrom:DateTime64(3, 'UTC')} AND done_at < {pto:DateTime64(3, 'UTC')}, false) AS is_before,
            coalesce(activity_add_time >= {from:DateTime64(3, 'UTC')} AND activity_add_time < {to:DateTime64(3, 'UTC')}, false) AS is_added,
            bucket_of(done_at) AS start,
            toDate32(done_at, {tz:String}) <= activity_due_date AS is_on_time
        FROM activity_scope
        WHERE is_done OR is_before OR is_added
    ),
    by_bucket AS (
        SELECT start, count() AS done FROM counted WHERE is_done GROUP BY start
    ),
    spark AS (
        SELECT groupArray(start) AS starts, groupArray(done) AS counts
        FROM (
            SELECT buckets.start AS start, by_bucket.done AS done
            FROM buckets
            LEFT ANY JOIN by_bucket ON by_bucket.start = buckets.start
            WHERE NOT buckets.is_ahead
            ORDER BY start
        )
    ),
    totals AS (
        SELECT
            countIf(is_done) AS done,
            countIf(is_before) AS previous,
            countIf(is_added) AS added,
            toFloat64(countIf(is_done AND is_on_time)) / nullIf(countIf(is_done AND isNotNull(is_on_time)), 0) AS on_time
        FROM counted
    )
SELECT
    totals.done AS done_activities,
    totals.added AS added_activities,
    totals.on_time AS on_time_share,
    totals.previous AS previous_done,
    (toFloat64(totals.done) - totals.previous) / nullIf(totals.previous, 0) AS change,
    spark.starts AS spark_at,
    spark.counts AS spark_value
FROM totals
CROSS JOIN spark
WHERE done_activities + previous_done + added_activities > 0
