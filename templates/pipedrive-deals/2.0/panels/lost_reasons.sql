-- Why are deals lost: how many for each reason, worth how much?
-- Deals lost in the period, each once, by the reason of its latest version. Reasons are free text: without the space around
-- them and without case they are one, shown in the commonest spelling (the first by text among equally common ones). No
-- reason is (no reason given), listed even when there is no such deal, because its size is a finding. One group a currency
-- shown; in each the first {top} reasons by number of deals, (no reason given), and one row of all others. Equal numbers
-- come by value, then by reason. value is the sum of converted values (R9), share that of the lost deals of its group.
WITH
    amounts AS (
        SELECT
            deal_lost_reason AS told,
            currency,
            toDate(deal_closed_at, {tz:String}) AS day,
            count() AS deals,
            count(deal_value) AS valued_deals,
            sum(deal_value) AS amount
        FROM scope
        WHERE deal_status = 'lost'
            AND in_period(deal_closed_at)
        GROUP BY told, currency, day
    ),
    by_spelling AS (
        SELECT
            trimmed_reason(amounts.told) AS spelling,
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            converted(amounts.amount, amounts.currency, rates.rate) AS value,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            sum(amounts.deals) OVER (PARTITION BY spelling) AS spelled
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    named AS (
        SELECT
            if(spelling = '', '(no reason given)',
                first_value(spelling) OVER (PARTITION BY reason_key(spelling) ORDER BY spelled DESC, spelling)) AS reason,
            shown_currency,
            value,
            deals,
            valued_deals
        FROM by_spelling
    ),
    -- Beside each of them stands none without a reason, so that every group has that row.
    by_reason AS (
        SELECT
            if(is_none, '(no reason given)', reason) AS shown_reason,
            shown_currency,
            sumIf(deals, NOT is_none) AS lost,
            if(lost = 0, toDecimal128(0, 16), sumIf(value, NOT is_none)) AS total,
            sumIf(valued_deals, NOT is_none AND value IS NULL) AS unconverted,
            sumIf(deals - valued_deals, NOT is_none) AS without_value
        FROM named
        ARRAY JOIN [0, 1] AS is_none
        GROUP BY shown_reason, shown_currency
    ),
    ranked AS (
        SELECT
            shown_reason,
            shown_currency,
            lost,
            total,
            unconverted,
            without_value,
            sum(lost) OVER (PARTITION BY shown_currency) AS all_lost,
            row_number() OVER (
                PARTITION BY shown_currency, shown_reason = '(no reason given)'
                ORDER BY lost DESC, total DESC NULLS LAST, shown_reason
            ) > {top:UInt16} AS is_rest
        FROM by_reason
    )
SELECT
    shown_currency AS currency,
    if(is_rest, '(other)', shown_reason) AS reason,
    sum(lost) AS lost_deals,
    toFloat64(lost_deals) / any(all_lost) AS share,
    sum(total) AS lost_value,
    sum(unconverted) AS unconverted_deals,
    sum(without_value) AS deals_without_value,
    is_rest AS is_other,
    count() AS reasons
FROM ranked
GROUP BY currency, is_rest, reason
ORDER BY
    currency != {currency:String}, currency = '(not set)', currency,
    is_rest, lost_deals DESC, lost_value DESC NULLS LAST, reason
