-- The events of one company's deals and when each was received and loaded, some perhaps twice.
logged AS (
    SELECT event_uuid, event_time, event_received_at, event_kind, event_revision, loaded_at
    FROM deal_events_1_03
    WHERE event_company_id = {company:UInt64}
)
