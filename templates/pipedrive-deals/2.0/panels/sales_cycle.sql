-- How many days does a won deal take from being added to being won: on average, half of them, nine in ten of them?
-- Deals won in the period (as in Won value). Median and 90th percentile lie between two deals where they fall between them.
-- A deal won before it was added, or whose add time nobody told, counts among the won ones and in no duration. One row, none
-- when nothing was won in the period. The change is in days, NULL when no duration is known of the comparison period (R7).
WITH
    durations AS (
        SELECT
            in_period(deal_closed_at) AS is_now,
            deal_closed_at >= {pfrom:DateTime64(3, 'UTC')} AND deal_closed_at < {pto:DateTime64(3, 'UTC')} AS is_before,
            coalesce(deal_closed_at < deal_add_time, false) AS is_negative,
            cycle_seconds(deal_add_time, deal_closed_at) AS seconds
        FROM scope
        WHERE deal_status = 'won' AND (is_now OR is_before)
    ),
    totals AS (
        SELECT
            countIf(is_now) AS won,
            countIf(is_now AND is_negative) AS negative,
            toFloat64(sumIf(seconds, is_now)) / 86400 / nullIf(countIf(is_now AND seconds IS NOT NULL), 0) AS mean,
            toFloat64(sumIf(seconds, is_before)) / 86400 / nullIf(countIf(is_before AND seconds IS NOT NULL), 0) AS previous_mean,
            quantileExactInclusiveOrNullIf(0.5)(seconds, is_now) / 86400 AS median,
            quantileExactInclusiveOrNullIf(0.9)(seconds, is_now) / 86400 AS p90
        FROM durations
    )
SELECT
    mean AS mean_days,
    median AS median_days,
    p90 AS p90_days,
    won AS won_deals,
    previous_mean AS previous_mean_days,
    mean - previous_mean AS change_days,
    negative AS negative_durations
FROM totals
WHERE won > 0
