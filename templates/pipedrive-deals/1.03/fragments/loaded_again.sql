-- Events that are loaded, of those that some stage refused: the set of all that are loaded would be much memory and time.
loaded_again AS (
    SELECT event_uuid
    FROM deal_events_1_03
    WHERE event_company_id = {company:UInt64}
        AND event_uuid IN (SELECT event_uuid FROM rejected_events WHERE event_company_id = {company:UInt64})
)
