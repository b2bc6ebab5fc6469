-- Which refusals are on record, in the order in which they were written, after a given one? An event that was refused by
-- several templates or again after a replay has a row each. Empty text and 0 ask for everything.
SELECT
    event_company_id,
    toUnixTimestamp64Micro(rejected_at) AS rejected_at_micro,
    event_uuid,
    event_kind,
    event_source,
    event_object,
    event_action,
    toUnixTimestamp64Micro(event_received_at) AS received_at_micro,
    stage,
    code,
    error_paths,
    error_rules,
    error_schema_versions,
    error_messages
FROM rejected_events
WHERE rejected_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND loaded_at <= fromUnixTimestamp64Micro({until:Int64}, 'UTC')
    AND (rejected_at, event_company_id, event_uuid) > (fromUnixTimestamp64Micro({after_at:Int64}, 'UTC'), {after_company:UInt64}, toUUID({after_uuid:String}))
    AND ({source:String} = '' OR event_source = {source:String})
    AND ({object:String} = '' OR event_object = {object:String})
    AND ({action:String} = '' OR event_action = {action:String})
    AND ({company:UInt64} = 0 OR event_company_id = {company:UInt64})
    AND ({uuid:String} = '' OR toString(event_uuid) = {uuid:String})
    AND ({stage:String} = '' OR stage = {stage:String})
    AND ({code:String} = '' OR code = {code:String})
    AND ({rule:String} = '' OR has(error_rules, {rule:String}))
ORDER BY rejected_at, event_company_id, event_uuid
LIMIT {limit:UInt64}
SETTINGS max_memory_usage = 1000000000, max_bytes_before_external_sort = 300000000
