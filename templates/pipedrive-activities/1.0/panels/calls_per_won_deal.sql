-- How many calls did a won deal take?
-- Deals won in the period by their newest won time; calls done for them, at any time. One row, none when nothing was won.
SELECT
    toFloat64(sum(won.calls)) / count() AS calls_per_won,
    sum(won.calls) AS calls,
    count() AS won_deals,
    countIf(won.calls = 0) AS won_without_call
FROM (SELECT calls FROM closed_calls WHERE is_won AND is_now) AS won
HAVING won_deals > 0
