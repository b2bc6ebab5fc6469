-- Every bucket of the period by its start in the board's zone, in order: hours, days, weeks from Monday, months or quarters.
-- A day of 23 or 25 hours is one bucket like any other; the first week may begin before the period. What starts after asof
-- is ahead: not yet, which is not zero. The bucket that holds asof is not ahead, it is unfinished.
buckets AS (
    WITH subtractMilliseconds({to:DateTime64(3, 'UTC')}, 1) AS last_moment
    SELECT
        arrayJoin(arrayDistinct(arrayMap(
            step -> toDateTime(
                dateTrunc({grain:String}, if({grain:String} = 'hour',
                    addHours({from:DateTime64(3, 'UTC')}, step),
                    addHours({from:DateTime64(3, 'UTC')}, 24 * step + 12)), {tz:String}),
                {tz:String}),
            range(toUInt32(greatest(0, 1 + if({grain:String} = 'hour',
                intDiv(dateDiff('second', {from:DateTime64(3, 'UTC')}, last_moment), 3600),
                dateDiff('day', {from:DateTime64(3, 'UTC')}, last_moment, {tz:String})))))
        ))) AS start,
        start > {asof:DateTime64(3, 'UTC')} AS is_ahead
),
-- The start of the bucket that an event of this time is counted in. A time after asof is a clock that runs ahead: it counts
-- as now, so that the buckets add up to the headline.
(at -> toDateTime(dateTrunc({grain:String}, least(at, {asof:DateTime64(3, 'UTC')}), {tz:String}), {tz:String})) AS bucket_of
