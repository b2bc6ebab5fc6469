-- What the loader tries at each start: a repeated token is stored once, a late insert is not stored at all.
CREATE TABLE IF NOT EXISTS loader_probe ${on_cluster}
(
    probe String,
    insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + INTERVAL 1 HOUR COMMENT 'an insert that comes later does nothing',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline
)
ENGINE = ${family}MergeTree
ORDER BY probe
TTL toDateTime(loaded_at) + INTERVAL 1 DAY
SETTINGS ${window} = 1000
