-- Which events were refused?
-- Events refused at any time and received in the period, newest first, then by id. What was refused is not shown: `omni rejected`
-- shows it to those who may see it.
SELECT
    toString(event_uuid) AS event,
    received_at,
    refused_by,
    refused_for,
    object,
    arrayStringConcat(paths, ', ') AS wrong_paths,
    arrayStringConcat(rules, ', ') AS broken_rules,
    is_loaded,
    NOT is_loaded AS is_refused
FROM rejections
WHERE received_at >= {from:DateTime64(3, 'UTC')} AND received_at < {to:DateTime64(3, 'UTC')}
    AND ({only:String} != 'refused' OR is_refused)
    AND ({only:String} != 'loaded_since' OR is_loaded)
    AND (empty({refused_by:Array(String)}) OR has({refused_by:Array(String)}, refused_by))
    AND (empty({bucket:Array(DateTime64(3, 'UTC'))}) OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(received_at)))
    AND (empty({path:Array(String)})
        OR arrayExists(
            (one, broken) -> has({path:Array(String)}, one) AND (empty({rule:Array(String)}) OR has({rule:Array(String)}, broken)),
            if(empty(paths), ['(event)'], paths), if(empty(paths), [refused_for], rules)))
ORDER BY received_at DESC, event
