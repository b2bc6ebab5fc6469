-- No large part is written again for a few new rows.
ALTER TABLE deals_1_03 ${on_cluster} MODIFY SETTING ${state_merges}
