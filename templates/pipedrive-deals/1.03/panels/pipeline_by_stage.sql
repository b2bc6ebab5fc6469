-- How far do the deals created in the period come, and what stands in each stage now?
-- reached: deals whose first event lies in the period, and that were ever seen in the stage, or in one of a later place, or were
-- won (which counts as every stage that has a place); each once, also if it moved back or was lost. A stage of unknown place is
-- reached by those seen in it. Rates are of the row before and of the first one, NULL without a place. open: the deals open now whatever the period,
-- as in Open pipeline, so the column adds up to it; rates of the day of asof. One row a stage, by place and name, those of
-- unknown place last. Stages in which nothing was reached or is open are left out.
WITH
    cohort_groups AS (
        SELECT is_won, position, unplaced, count() AS deals
        FROM furthest
        GROUP BY is_won, position, unplaced
    ),
    -- The few groups as a value: a step that is read twice would be computed twice.
    (SELECT groupArray((is_won, position, unplaced, deals)) FROM cohort_groups) AS reached_groups,
    open_amounts AS (
        SELECT stage, currency, count() AS deals, sum(deal_value) AS amount
        FROM scope
        WHERE is_open_now(deal_status, deal_is_archived)
        GROUP BY stage, currency
    ),
    open_priced AS (
        SELECT
            open_amounts.stage AS stage,
            if(native_mode, open_amounts.currency, {currency:String}) AS shown_currency,
            sum(open_amounts.deals) AS deals,
            sum(converted(open_amounts.amount, open_amounts.currency, rates.rate)) AS value,
            sumIf(open_amounts.deals, converted(open_amounts.amount, open_amounts.currency, rates.rate) IS NULL) AS unconverted
        FROM open_amounts
        LEFT ANY JOIN rates
            ON rates.currency = open_amounts.currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
        GROUP BY stage, shown_currency
    ),
    open_now AS (
        SELECT
            stage,
            sum(deals) AS open_deals,
            sum(unconverted) AS unconverted_deals,
            arraySort(money -> (money.1 != {currency:String}, money.1 = '(not set)', money.1), groupArray((shown_currency, value))) AS money
        FROM open_priced
        GROUP BY stage
    ),
    named AS (
        SELECT stage FROM stages
        UNION DISTINCT
        SELECT arrayJoin(arrayFlatten(arrayMap(one -> one.3, reached_groups))) AS stage
        UNION DISTINCT
        SELECT stage FROM open_now
    ),
    rows AS (
        SELECT
            named.stage AS stage,
            stages.position AS place,
            arraySum(one -> if(has_reached(one.1, one.2, one.3, named.stage, stages.position), one.4, 0), reached_groups) AS reached,
            coalesce(open_now.open_deals, 0) AS open,
            coalesce(open_now.unconverted_deals, 0) AS unconverted,
            open_now.money AS money
        FROM named
        LEFT ANY JOIN stages ON stages.stage = named.stage
        LEFT ANY JOIN open_now ON open_now.stage = named.stage
        WHERE reached + open > 0
    )
SELECT
    stage,
    place AS position,
    reached AS reached_deals,
    if(place IS NULL, NULL, toFloat64(reached) / nullIf(lagInFrame(toNullable(reached)) OVER stage_order, 0)) AS from_previous,
    if(place IS NULL, NULL, toFloat64(reached) / nullIf(first_value(reached) OVER stage_order, 0)) AS from_first,
    open AS open_deals,
    arrayMap(part -> part.1, money) AS open_currencies,
    arrayMap(part -> part.2, money) AS open_values,
    unconverted AS unconverted_deals
FROM rows
WINDOW stage_order AS (ORDER BY place ASC NULLS LAST, stage ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
ORDER BY position ASC NULLS LAST, stage
