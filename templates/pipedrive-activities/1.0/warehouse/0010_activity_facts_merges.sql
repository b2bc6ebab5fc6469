-- No large part is written again for a few new rows.
ALTER TABLE activity_facts ${on_cluster} MODIFY SETTING ${state_merges}
