-- Which industries do the won deals come from: how many, how much in all, how much each?
-- Deals won in the period (as in Won value, so the rows add up to it), by what the industry of their organization is today,
-- else by the word of their latest version. total is the sum of converted values, average that sum by the deals which have
-- one (R9). One group a currency shown; in each the first {top} industries by total, and one row of all others. Industries
-- of equal total come by number of deals, then by name; one with no converted value comes last. Deals without an
-- organization, or with one whose industry nobody told, are (not set).
WITH
    amounts AS (
        SELECT
            multiIf(
                organization_words.industry != '', organization_words.industry,
                scope.industry_word != '', scope.industry_word,
                '(not set)') AS industry,
            scope.currency AS currency,
            toDate(scope.deal_closed_at, {tz:String}) AS day,
            count() AS deals,
            count(scope.deal_value) AS valued_deals,
            countIf(scope.deal_value = 0) AS zero_deals,
            sum(scope.deal_value) AS amount
        FROM scope
        LEFT ANY JOIN organization_words ON organization_words.organization_id = scope.organization_id
        WHERE scope.deal_status = 'won'
            AND in_period(scope.deal_closed_at)
        GROUP BY industry, currency, day
    ),
    priced AS (
        SELECT
            amounts.industry AS industry,
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    by_industry AS (
        SELECT
            industry,
            shown_currency,
            sum(deals) AS won,
            sum(value) AS total,
            sumIf(valued_deals, value IS NOT NULL) AS converted_deals,
            sumIf(valued_deals, value IS NULL) AS unconverted,
            sum(zero_deals) AS zero_value,
            sum(deals - valued_deals) AS without_value
        FROM priced
        GROUP BY industry, shown_currency
    ),
    ranked AS (
        SELECT
            industry,
            shown_currency,
            won,
            total,
            converted_deals,
            unconverted,
            zero_value,
            without_value,
            row_number() OVER (PARTITION BY shown_currency ORDER BY total DESC NULLS LAST, won DESC, industry) > {top:UInt16} AS is_rest
        FROM by_industry
    )
SELECT
    shown_currency AS currency,
    if(is_rest, '(other)', industry) AS industry,
    sum(won) AS won_deals,
    sum(total) AS total_value,
    total_value / nullIf(sum(converted_deals), 0) AS average_value,
    sum(unconverted) AS unconverted_deals,
    sum(zero_value) AS zero_value_deals,
    sum(without_value) AS deals_without_value,
    is_rest AS is_other,
    count() AS industries
FROM ranked
GROUP BY currency, is_rest, industry
ORDER BY currency != {currency:String}, currency = '(not set)', currency, is_rest, total_value DESC NULLS LAST, won_deals DESC, industry
