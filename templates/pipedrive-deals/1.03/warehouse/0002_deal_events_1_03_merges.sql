-- No large part is written again for a few new rows.
ALTER TABLE deal_events_1_03 ${on_cluster} MODIFY SETTING ${log_merges}
