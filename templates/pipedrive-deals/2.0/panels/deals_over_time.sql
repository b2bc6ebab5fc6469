-- How many deals were created, won and lost in each bucket of the period?
-- A deal counts once in each series it qualifies for, at its own time: created at its add time whatever became of it, won or
-- lost at its newest won or lost time if that is its latest status (R3, R5). So won and lost add up to Win rate's. A deal
-- whose add time nobody told is created in no bucket. One row a bucket, in order, 0 where nothing was; NULL in all three
-- where the bucket begins after asof: not yet.
WITH
    moments AS (
        SELECT arrayJoin([(deal_add_time, 'created'), (toNullable(deal_closed_at), toString(deal_status))]) AS moment
        FROM scope
        WHERE in_period(deal_add_time)
            OR in_period(deal_closed_at)
    ),
    counts AS (
        SELECT
            bucket_of(assumeNotNull(moment.1)) AS start,
            countIf(moment.2 = 'created') AS created,
            countIf(moment.2 = 'won') AS won,
            countIf(moment.2 = 'lost') AS lost
        FROM moments
        WHERE in_period(moment.1)
        GROUP BY start
    )
SELECT
    buckets.start AS bucket_at,
    if(buckets.is_ahead, NULL, counts.created) AS created_deals,
    if(buckets.is_ahead, NULL, counts.won) AS won_deals,
    if(buckets.is_ahead, NULL, counts.lost) AS lost_deals
FROM buckets
LEFT ANY JOIN counts ON counts.start = buckets.start
ORDER BY bucket_at
