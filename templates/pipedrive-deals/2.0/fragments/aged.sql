-- The deals that are open now (as in Open pipeline), with the days each has been in its stage (needs scope, open_now and
-- ages).
aged AS (
    SELECT
        deal_id,
        title,
        deal_value,
        currency,
        deal_stage_id,
        stage_word,
        deal_owner_id,
        owner_name,
        deal_next_activity_date,
        not_ahead(coalesce(deal_stage_change_time, deal_add_time)) AS since,
        days_since(coalesce(deal_stage_change_time, deal_add_time)) AS days
    FROM scope
    WHERE is_open_now(deal_status, deal_is_archived)
)
