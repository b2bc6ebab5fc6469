-- Whether a time lies in the last 90 days of the board's zone, or in the chosen period where more days of it have passed.
(dateDiff('day', {from:DateTime64(3, 'UTC')},
    least(subtractMilliseconds({to:DateTime64(3, 'UTC')}, 1), {asof:DateTime64(3, 'UTC')}), {tz:String}) >= 90) AS is_longer,
if(is_longer, {from:DateTime64(3, 'UTC')},
    toTimeZone(toDateTime64(subtractDays(toDate({asof:DateTime64(3, 'UTC')}, {tz:String}), 89), 3, {tz:String}), 'UTC')) AS since_recently,
if(is_longer, {to:DateTime64(3, 'UTC')},
    toTimeZone(toDateTime64(addDays(toDate({asof:DateTime64(3, 'UTC')}, {tz:String}), 1), 3, {tz:String}), 'UTC')) AS until_recently,
(at -> at >= since_recently AND at < until_recently) AS is_recent
