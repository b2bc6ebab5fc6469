-- Feeds deal_facts from each insert into deal_events. A stage counts as seen when the deal is in it or came from it.
CREATE MATERIALIZED VIEW IF NOT EXISTS deal_facts_view ${on_cluster} TO deal_facts AS
SELECT
    event_company_id,
    deal_id,
    min(event_time) AS first_event_time,
    max(event_time) AS last_event_time,
    groupUniqArrayArray(arrayFilter(stage -> stage != 0, [deal_stage_id, deal_prev_stage_id])) AS stages_seen,
    max(toUInt8(deal_status = 'won')) AS ever_won
FROM deal_events
GROUP BY event_company_id, deal_id
