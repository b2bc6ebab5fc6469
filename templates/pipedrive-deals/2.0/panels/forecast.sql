-- When are the open deals expected to close, and what are they worth, plainly and weighted by their chance?
-- Open deals of now (as in Open pipeline, so the rows add up to it), by the month of their expected close date, whatever the
-- period. Overdue: a date before the day of asof in the board's zone, also one earlier in this month. Rates of the day of
-- asof (FX3). Fifteen rows a currency shown, also where nothing is expected, which is 0: overdue, this month and the eleven
-- after it, all later ones, and those without a date, which are (not set). Values are NULL where deals are open and none of
-- them has a converted value. No row when nothing is open.
WITH
    amounts AS (
        SELECT
            scope.deal_expected_close_date AS expected,
            scope.currency AS currency,
            count() AS deals,
            count(scope.deal_value) AS valued_deals,
            countIf(scope.deal_value = 0) AS zero_deals,
            sum(scope.deal_value) AS amount,
            sum(weighted(scope.deal_value, scope.deal_probability, stage_rows.probability)) AS weighted_amount
        FROM scope
        LEFT ANY JOIN stage_rows ON stage_rows.stage_id = scope.deal_stage_id
        WHERE is_open_now(scope.deal_status, scope.deal_is_archived)
        GROUP BY expected, currency
    ),
    priced AS (
        SELECT
            month_place(amounts.expected) AS place,
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value,
            converted(amounts.weighted_amount, amounts.currency, rates.rate) AS weighted_value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = today
    ),
    cells AS (
        SELECT
            shown_currency,
            place,
            sum(priced.deals) AS open,
            sum(priced.value) AS open_sum,
            sum(priced.weighted_value) AS weighted_sum,
            sumIf(priced.valued_deals, value IS NULL) AS unconverted,
            sum(priced.zero_deals) AS zero_value,
            sum(priced.deals - priced.valued_deals) AS without_value
        FROM priced
        GROUP BY shown_currency, place
    ),
    -- Each group tells of all fifteen places, of its own the figures.
    places AS (
        SELECT
            shown_currency,
            arrayJoin(range(15)) AS shown_place,
            sumIf(open, place = shown_place) AS open,
            sumIf(open_sum, place = shown_place) AS open_sum,
            sumIf(weighted_sum, place = shown_place) AS weighted_sum,
            sumIf(unconverted, place = shown_place) AS unconverted,
            sumIf(zero_value, place = shown_place) AS zero_value,
            sumIf(without_value, place = shown_place) AS without_value
        FROM cells
        GROUP BY shown_currency, shown_place
    )
SELECT
    shown_currency AS currency,
    if(shown_place IN (0, 13, 14), NULL, addMonths(this_month, shown_place - 1)) AS month_at,
    month_word(shown_place) AS month,
    if(open = 0, toDecimal128(0, 16), open_sum) AS open_value,
    if(open = 0, toDecimal128(0, 16), weighted_sum) AS weighted_value,
    open AS open_deals,
    shown_place = 0 AS is_overdue,
    shown_place = 13 AS is_later,
    shown_place = 14 AS is_unset,
    unconverted AS unconverted_deals,
    zero_value AS zero_value_deals,
    without_value AS deals_without_value
FROM places
ORDER BY currency != {currency:String}, currency = '(not set)', currency, shown_place
