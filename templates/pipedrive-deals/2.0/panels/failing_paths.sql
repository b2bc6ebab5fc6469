-- Which parts of events are refused most?
-- Events refused at any time and received in the period, by each path that was wrong with them and the rule that it broke; an event
-- with several counts once in each. An event that could not be read at all has no path: its reason stands there. The first {top}.
WITH
    faults AS (
        SELECT
            refused_by,
            arrayJoin(if(empty(paths), [('(event)', refused_for)], arrayDistinct(arrayZip(paths, rules)))) AS fault,
            received_at,
            is_loaded
        FROM rejections
        WHERE received_at >= {from:DateTime64(3, 'UTC')} AND received_at < {to:DateTime64(3, 'UTC')}
    )
SELECT
    fault.1 AS path,
    fault.2 AS rule,
    refused_by,
    count() AS refused_events,
    countIf(is_loaded) AS replayed_events,
    max(received_at) AS last_at
FROM faults
GROUP BY fault, refused_by
ORDER BY refused_events DESC, path, rule, refused_by
LIMIT {top:UInt16}
