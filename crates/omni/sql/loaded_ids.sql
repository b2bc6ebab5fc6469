-- Which of these events has a template's base table? Companies and ids are asked for side by side, so a row may be of another
-- company with the same id: the asker looks. A later revision of an event is the event.
SELECT DISTINCT event_company_id, event_uuid
FROM ${table}
WHERE event_company_id IN {companies:Array(UInt64)}
    AND event_uuid IN (SELECT toUUID(arrayJoin({uuids:Array(String)})))
