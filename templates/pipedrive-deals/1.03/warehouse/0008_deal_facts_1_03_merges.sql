-- No large part is written again for a few new rows.
ALTER TABLE deal_facts_1_03 ${on_cluster} MODIFY SETTING ${state_merges}
