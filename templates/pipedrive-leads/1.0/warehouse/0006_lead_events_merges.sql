-- No large part is written again for a few new rows.
ALTER TABLE lead_events ${on_cluster} MODIFY SETTING ${log_merges}
