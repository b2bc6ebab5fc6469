-- How long does a lead wait until somebody answers?
-- Leads created in the period; answered when the first activity for it is done, or when it becomes a deal. Half of the answered
-- ones waited at most the median. Waiting: not answered and not archived. One row, none when no lead was created in the period;
-- the change is in seconds, NULL when none of the comparison period was answered.
WITH
    waits AS (
        SELECT
            lead_add_time >= {from:DateTime64(3, 'UTC')} AND lead_add_time < {to:DateTime64(3, 'UTC')} AS is_now,
            lead_add_time >= {pfrom:DateTime64(3, 'UTC')} AND lead_add_time < {pto:DateTime64(3, 'UTC')} AS is_before,
            lead_is_archived,
            seconds
        FROM lead_responses
        WHERE is_now OR is_before
    ),
    totals AS (
        SELECT
            countIf(is_now) AS leads,
            quantileExactInclusiveOrNullIf(0.5)(seconds, is_now) AS median,
            quantileExactInclusiveOrNullIf(0.9)(seconds, is_now) AS p90,
            quantileExactInclusiveOrNullIf(0.5)(seconds, is_before) AS previous_median,
            countIf(is_now AND isNotNull(seconds)) AS answered,
            countIf(is_now AND isNull(seconds) AND NOT lead_is_archived) AS waiting
        FROM waits
    )
SELECT
    median AS median_seconds,
    p90 AS p90_seconds,
    answered AS answered_leads,
    waiting AS waiting_leads,
    previous_median AS previous_median_seconds,
    median - previous_median AS change_seconds
FROM totals
WHERE leads > 0
