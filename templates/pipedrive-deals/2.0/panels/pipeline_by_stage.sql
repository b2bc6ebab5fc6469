-- How far do new deals get, and what stands in each stage now?
-- Left: the deals created in the period. Reached stage k: ever seen in a stage of its order or a later one of the same
-- pipeline, or won, which counts as all stages. A deal moved back still has reached; a lost one stays in; a deleted or
-- merged one is out. Today's order is applied to the set of stages seen. Right: the deals open now whatever the period,
-- as in Open pipeline, so the column adds up to it; rates of the day of asof. One row a stage, by pipeline and order;
-- stages of equal order come by id, those of unknown order last; open deals without a stage are (not set).
-- Only pipelines in which something was reached or is open.
WITH
    cohort_groups AS (
        SELECT pipeline_id, is_won, position, unplaced, count() AS deals
        FROM furthest
        GROUP BY pipeline_id, is_won, position, unplaced
    ),
    reached AS (
        SELECT
            stages.stage_id AS stage_id,
            any(stages.stage) AS stage,
            any(stages.position) AS position,
            any(stages.pipeline_id) AS pipeline_id,
            any(stages.pipeline) AS pipeline,
            any(stages.pipeline_position) AS pipeline_position,
            sumIf(cohort_groups.deals, has_reached(
                cohort_groups.is_won, cohort_groups.position, cohort_groups.unplaced, stages.stage_id, stages.position)) AS deals
        FROM stages
        LEFT JOIN cohort_groups ON cohort_groups.pipeline_id = stages.pipeline_id
        GROUP BY stage_id
    ),
    open_amounts AS (
        SELECT deal_stage_id AS stage_id, currency, count() AS deals, count(deal_value) AS valued_deals, sum(deal_value) AS amount
        FROM scope
        WHERE is_open_now(deal_status, deal_is_archived)
        GROUP BY stage_id, currency
    ),
    open_priced AS (
        SELECT
            open_amounts.stage_id AS stage_id,
            if(native_mode, open_amounts.currency, {currency:String}) AS shown_currency,
            sum(open_amounts.deals) AS deals,
            sum(converted(open_amounts.amount, open_amounts.currency, rates.rate)) AS value,
            sumIf(open_amounts.valued_deals, converted(open_amounts.amount, open_amounts.currency, rates.rate) IS NULL) AS unconverted
        FROM open_amounts
        LEFT ANY JOIN rates
            ON rates.currency = open_amounts.currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
        GROUP BY stage_id, shown_currency
    ),
    open_now AS (
        SELECT
            stage_id,
            sum(deals) AS open_deals,
            sum(unconverted) AS unconverted_deals,
            arraySort(money -> (money.1 != {currency:String}, money.1 = '(not set)', money.1), groupArray((shown_currency, value))) AS money
        FROM open_priced
        GROUP BY stage_id
    ),
    rows AS (
        SELECT
            reached.pipeline_id AS pipeline_id,
            reached.pipeline AS pipeline,
            if(reached.stage_id = 0, 4294967295, reached.pipeline_position) AS pipeline_position,
            reached.stage_id AS stage_id,
            if(reached.stage_id = 0, '(not set)', reached.stage) AS stage,
            reached.position AS position,
            reached.deals AS reached_deals,
            open_now.open_deals AS open_deals,
            open_now.unconverted_deals AS unconverted_deals,
            open_now.money AS money
        FROM reached
        FULL JOIN open_now ON open_now.stage_id = reached.stage_id
    ),
    with_neighbours AS (
        SELECT
            pipeline_id,
            pipeline,
            pipeline_position,
            stage_id,
            stage,
            position,
            reached_deals,
            open_deals,
            unconverted_deals,
            money,
            lagInFrame(toNullable(reached_deals)) OVER stage_order AS previous_deals,
            first_value(reached_deals) OVER stage_order AS first_deals,
            sum(reached_deals + open_deals) OVER (PARTITION BY pipeline_id) AS pipeline_deals
        FROM rows
        WINDOW stage_order AS (
            PARTITION BY pipeline_id ORDER BY position ASC NULLS LAST, stage_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    )
SELECT
    pipeline_id,
    pipeline,
    stage_id,
    stage,
    position,
    reached_deals,
    toFloat64(reached_deals) / nullIf(previous_deals, 0) AS from_previous,
    toFloat64(reached_deals) / nullIf(first_deals, 0) AS from_first,
    open_deals,
    arrayMap(part -> part.1, money) AS open_currencies,
    arrayMap(part -> part.2, money) AS open_values,
    unconverted_deals
FROM with_neighbours
WHERE pipeline_deals > 0
ORDER BY pipeline_position, pipeline, pipeline_id, position ASC NULLS LAST, stage_id
