-- Which command of Omni made a backfill event: the history, or what was found missing. Part of how it came, not of what it says.
ALTER TABLE raw_events ${on_cluster}
    ADD COLUMN IF NOT EXISTS event_origin LowCardinality(String) DEFAULT '' COMMENT 'backfill, reconcile, or empty; also empty in rows from before this column' AFTER replay
