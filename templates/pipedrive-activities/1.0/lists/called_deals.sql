-- How many calls did each deal closed in the period take?
-- Most calls first, then by id.
SELECT
    deal_id,
    if(title = '', concat('#', toString(deal_id)), title) AS deal_name,
    if(is_won, 'won', 'lost') AS status,
    closed_at,
    calls,
    is_won
FROM closed_calls
WHERE is_now
    AND ({status:String} = '' OR status = {status:String})
    AND ({only:String} != 'without_call' OR calls = 0)
    AND (empty({calls:Array(String)}) OR has({calls:Array(String)}, calls_word))
ORDER BY calls DESC, deal_id
