-- No large part is written again for a few new rows.
ALTER TABLE entities ${on_cluster} MODIFY SETTING ${state_merges}
