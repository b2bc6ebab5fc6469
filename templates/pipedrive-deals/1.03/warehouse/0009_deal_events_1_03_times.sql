-- The newest events are found without reading all of them.
ALTER TABLE deal_events_1_03 ${on_cluster} ADD INDEX IF NOT EXISTS event_time_range event_time TYPE minmax GRANULARITY 1
