-- Who gets the leads, who turns them into deals, and how fast do they answer?
-- Leads created in the period by their owner of today; converted, answered and waiting as in the panels of those names. The first
-- {top} owners by number of leads, then one row of all others.
WITH
    by_owner AS (
        SELECT
            lead_owner_id AS owner_id,
            argMaxIf(owner_name, event_ver, owner_name != '') AS told_name,
            count() AS leads,
            countIf(is_converted) AS converted,
            groupArrayIf(assumeNotNull(seconds), isNotNull(seconds)) AS waits,
            countIf(isNull(seconds) AND NOT lead_is_archived) AS waiting
        FROM lead_responses
        WHERE lead_add_time >= {from:DateTime64(3, 'UTC')} AND lead_add_time < {to:DateTime64(3, 'UTC')}
        GROUP BY owner_id
    ),
    named AS (
        SELECT
            by_owner.owner_id AS owner_id,
            multiIf(
                by_owner.owner_id = 0, '(not set)',
                users.name != '', users.name,
                by_owner.told_name != '', by_owner.told_name,
                concat('#', toString(by_owner.owner_id))
            ) AS name,
            by_owner.leads AS leads,
            by_owner.converted AS converted,
            by_owner.waits AS waits,
            by_owner.waiting AS waiting,
            row_number() OVER (ORDER BY by_owner.leads DESC, by_owner.converted DESC, name, by_owner.owner_id) AS line
        FROM by_owner
        LEFT ANY JOIN users ON users.user_id = by_owner.owner_id
    )
SELECT
    if(is_other, 0, min(named.owner_id)) AS owner_id,
    if(is_other, '(other)', min(name)) AS owner,
    sum(leads) AS new_leads,
    sum(converted) AS converted_leads,
    toFloat64(converted_leads) / new_leads AS conversion_rate,
    arrayReduce('quantileExactInclusiveOrNull(0.5)', groupArrayArray(waits)) AS median_seconds,
    sum(waiting) AS waiting_leads,
    line > {top:UInt16} AS is_other,
    count() AS owners
FROM named
GROUP BY is_other, least(line, {top:UInt16} + 1)
ORDER BY min(line)
