-- Thirty days of minutes of the ledger, with something still under way in the last one.
INSERT INTO ledger_minutes (event_company_id, minute, event_source, sent, accepted, loaded, rejected, filtered, in_flight, looked_at)
SELECT
    ${company}, toDateTime(intDiv(${now}, 1000000) - 60 * number, 'UTC') AS minute, 'pipedrive', 'live', 240, if(number = 0, 200, 237), 1, 2, if(number = 0, 37, 0), minute
FROM numbers(43200)
