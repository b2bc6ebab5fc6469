-- Do more calls win more deals?
-- Deals closed in the period by the number of calls done for them, at any time: won, lost, and the share won among them. A row for
-- each number of calls that such a deal has.
SELECT
    calls_word AS calls,
    countIf(is_won) AS won_deals,
    countIf(NOT is_won) AS lost_deals,
    toFloat64(won_deals) / (won_deals + lost_deals) AS win_rate
FROM (SELECT calls, calls_word, is_won FROM closed_calls WHERE is_now) AS closed
GROUP BY calls
ORDER BY min(closed.calls)
