-- Of the events received in the period, which share is refused, and how far from the comparison period?
-- Refused: some stage would not take the event, and it was not loaded since; those that were are counted beside it. The share is
-- that of the refused among the refused and loaded ones; loaded ones as the ledger counts them. One row, none when neither was.
-- Filters play no part. The change is a difference of two shares, NULL when nothing was received in the comparison period.
WITH
    refused AS (
        SELECT
            countIf(NOT is_loaded AND received_at >= {from:DateTime64(3, 'UTC')} AND received_at < {to:DateTime64(3, 'UTC')}) AS rejected,
            countIf(is_loaded AND received_at >= {from:DateTime64(3, 'UTC')} AND received_at < {to:DateTime64(3, 'UTC')}) AS replayed,
            countIf(NOT is_loaded AND received_at >= {pfrom:DateTime64(3, 'UTC')} AND received_at < {pto:DateTime64(3, 'UTC')}) AS rejected_before
        FROM rejections
    ),
    taken AS (
        SELECT
            sumIf(loaded, minute >= {from:DateTime64(3, 'UTC')} AND minute < {to:DateTime64(3, 'UTC')}) AS loaded_now,
            sumIf(loaded, minute >= {pfrom:DateTime64(3, 'UTC')} AND minute < {pto:DateTime64(3, 'UTC')}) AS loaded_before
        FROM ledger_minutes FINAL
        WHERE event_company_id = {company:UInt64} AND sent = 'live'
    )
SELECT
    toFloat64(refused.rejected) / nullIf(refused.rejected + taken.loaded_now, 0) AS rejected_share,
    refused.rejected AS rejected_events,
    refused.replayed AS replayed_events,
    taken.loaded_now AS loaded_events,
    toFloat64(refused.rejected_before) / nullIf(refused.rejected_before + taken.loaded_before, 0) AS previous_share,
    rejected_share - previous_share AS change_points
FROM refused
CROSS JOIN taken
WHERE rejected_events + replayed_events + loaded_events > 0
