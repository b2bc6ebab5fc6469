-- Why an event was not taken, in a word beside the outcome: the record itself may hold what persons are told by.
ALTER TABLE deliveries ${on_cluster}
    ADD COLUMN IF NOT EXISTS reason LowCardinality(String) COMMENT 'a word of a closed set, such as too_old; empty when delivered, and in rows from before this column' AFTER outcome
