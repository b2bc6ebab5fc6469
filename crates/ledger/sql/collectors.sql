-- When did each life of each collector speak last in the period, and which numbers has it left without a 2xx (first-last)?
SELECT
    instance,
    boot,
    toUnixTimestamp64Micro(max(heartbeat_at)) AS heartbeat_at_micro,
    groupUniqArrayArray(unanswered) AS ranges
FROM accepted_counts
WHERE minute >= toDateTime({from:Int64}, 'UTC')
GROUP BY instance, boot
ORDER BY instance, boot
