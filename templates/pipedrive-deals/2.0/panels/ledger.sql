-- What became of every event that was accepted?
-- Distinct events received in the period by source, as the loader counted them when it looked last: each is loaded, refused,
-- filtered, or in flight, and what is none of these is missing. In flight is what was seen on its way, never a remainder. History
-- (backfill) is left out. Filters play no part.
SELECT
    toString(event_source) AS source,
    sum(accepted) AS accepted_events,
    sum(loaded) AS loaded_events,
    sum(rejected) AS rejected_events,
    sum(filtered) AS filtered_events,
    sum(in_flight) AS events_in_flight,
    sum(missing) AS missing_events,
    sum(doubled) AS doubled_rows
FROM ledger_minutes FINAL
WHERE event_company_id = {company:UInt64}
    AND sent = 'live'
    AND minute >= {from:DateTime64(3, 'UTC')} AND minute < {to:DateTime64(3, 'UTC')}
GROUP BY source
ORDER BY accepted_events DESC, source
