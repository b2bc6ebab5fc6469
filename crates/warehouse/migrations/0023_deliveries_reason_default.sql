-- A loader from before a column does not fill it: it says what it is then, so that old and new run side by side in an upgrade.
ALTER TABLE deliveries ${on_cluster}
    MODIFY COLUMN reason DEFAULT ''
