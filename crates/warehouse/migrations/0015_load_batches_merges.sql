-- No large part is written again for a few new rows.
ALTER TABLE load_batches ${on_cluster} MODIFY SETTING ${log_merges}
