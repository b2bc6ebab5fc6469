-- The deals that are open now and not archived (as in Open pipeline), with the days each has been in its stage (needs
-- scope): calendar days in the board's zone from the last change of stage, else from adding the deal, to asof. A time in
-- the future counts as asof. Neither time told: NULL.
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
        coalesce(deal_stage_change_time, deal_add_time) AS told_since,
        if(told_since > {asof:DateTime64(3, 'UTC')}, toDateTime64({asof:DateTime64(3, 'UTC')}, 6, 'UTC'), told_since) AS since,
        dateDiff('day', since, {asof:DateTime64(3, 'UTC')}, {tz:String}) AS days
    FROM scope
    WHERE deal_status = 'open' AND NOT deal_is_archived
)
