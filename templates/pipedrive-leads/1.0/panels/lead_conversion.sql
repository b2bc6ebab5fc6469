-- Of the leads created in the period, which share has become a deal, and how far from the comparison period?
-- Converted: a deal exists that came from the lead, at any time up to now. Young leads may still ripen: those not converted and
-- younger than the median time from lead to deal of all the company's leads. One row, none when no lead was created in the
-- period. The change is a difference of two rates, NULL when there was no lead in the comparison period.
WITH
    totals AS (
        SELECT
            countIf(is_now) AS leads,
            countIf(is_now AND is_converted) AS converted,
            countIf(is_before) AS previous_leads,
            countIf(is_before AND is_converted) AS previous_converted,
            countIf(is_now AND ripens(is_converted, lead_add_time)) AS ripening
        FROM (
            SELECT
                lead_add_time >= {from:DateTime64(3, 'UTC')} AND lead_add_time < {to:DateTime64(3, 'UTC')} AS is_now,
                lead_add_time >= {pfrom:DateTime64(3, 'UTC')} AND lead_add_time < {pto:DateTime64(3, 'UTC')} AS is_before,
                is_converted,
                lead_add_time
            FROM lead_scope
        )
    )
SELECT
    toFloat64(converted) / leads AS conversion_rate,
    converted AS converted_leads,
    leads AS new_leads,
    median_seconds / 86400 AS median_days,
    toFloat64(previous_converted) / nullIf(previous_leads, 0) AS previous_rate,
    conversion_rate - previous_rate AS change_points,
    ripening AS ripening_leads
FROM totals
WHERE leads > 0
