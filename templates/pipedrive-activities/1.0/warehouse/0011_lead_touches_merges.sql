-- No large part is written again for a few new rows.
ALTER TABLE lead_touches ${on_cluster} MODIFY SETTING ${state_merges}
