-- What did each life of each collector say it accepted, by source and minute? A minute that was told several times has its
-- greatest number.
SELECT
    instance,
    boot,
    source,
    toInt64(toUnixTimestamp(minute)) AS minute_second,
    max(accepted) AS accepted_max
FROM accepted_counts
WHERE minute >= toDateTime({from:Int64}, 'UTC') AND minute < toDateTime({to:Int64}, 'UTC')
    AND ({source:String} = '' OR source = {source:String})
GROUP BY instance, boot, source, minute
HAVING accepted_max > 0
ORDER BY instance, boot, source, minute
