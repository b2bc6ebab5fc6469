-- Who was to be forgotten, and who may come back, order by order: what archives keep out. The newest of a person counts.
CREATE TABLE IF NOT EXISTS erased_persons ${on_cluster}
(
    event_company_id UInt64,
    person_id UInt64,
    archived_at DateTime64(6, 'UTC'),
    kafka_offset UInt64 COMMENT 'orders of one batch stand in their order',
    is_lifted Bool,
    ordered_at DateTime64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree
ORDER BY (event_company_id, person_id, archived_at, kafka_offset)
SETTINGS ${window} = 1000
