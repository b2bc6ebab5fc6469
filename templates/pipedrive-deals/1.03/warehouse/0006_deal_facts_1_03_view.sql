-- Feeds deal_facts_1_03 from each insert into deal_events_1_03.
CREATE MATERIALIZED VIEW IF NOT EXISTS deal_facts_1_03_view ${on_cluster} TO deal_facts_1_03 AS
SELECT
    event_company_id,
    toUInt64OrZero(event_id) AS deal_id,
    min(event_time) AS first_event_time,
    groupUniqArrayArray([toString(deal_stage)]) AS stages_seen,
    max(if(deal_status = 'won', 0, event_ver)) AS last_not_won_ver,
    max(if(deal_status = 'lost', 0, event_ver)) AS last_not_lost_ver,
    groupUniqArrayArray(arrayFilter(closing -> deal_status = 'won', [(event_ver, event_time)])) AS wins,
    groupUniqArrayArray(arrayFilter(closing -> deal_status = 'lost', [(event_ver, event_time)])) AS losses
FROM deal_events_1_03
GROUP BY event_company_id, deal_id
