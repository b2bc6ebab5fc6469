-- How much was won of organizations of each size, in each bucket of the period?
-- Deals won in the period (as in Won value, so all rows add up to it), by the size of their organization today, else by that
-- of their latest version; a deal without either is (not set). One row a currency shown, bucket and size: small, medium,
-- large, any other word by name, (not set), also where nothing was won, which is 0. The value is NULL where deals were won
-- and none of them has a converted value; value and number are NULL where the bucket begins after asof: not yet. No row when
-- nothing was won in the period.
WITH
    amounts AS (
        SELECT
            multiIf(
                organization_words.size != '', organization_words.size,
                scope.size_word != '', scope.size_word,
                '(not set)') AS size,
            scope.currency AS currency,
            toDate(scope.deal_closed_at, {tz:String}) AS day,
            bucket_of(scope.deal_closed_at) AS bucket,
            count() AS deals,
            count(scope.deal_value) AS valued_deals,
            countIf(scope.deal_value = 0) AS zero_deals,
            sum(scope.deal_value) AS amount
        FROM scope
        LEFT ANY JOIN organization_words ON organization_words.organization_id = scope.organization_id
        WHERE scope.deal_status = 'won'
            AND in_period(scope.deal_closed_at)
        GROUP BY size, currency, day, bucket
    ),
    priced AS (
        SELECT
            if(native_mode, amounts.currency, {currency:String}) AS shown_currency,
            amounts.bucket AS bucket,
            amounts.size AS size,
            amounts.deals AS deals,
            amounts.valued_deals AS valued_deals,
            amounts.zero_deals AS zero_deals,
            converted(amounts.amount, amounts.currency, rates.rate) AS value
        FROM amounts
        LEFT ANY JOIN rates ON rates.currency = amounts.currency AND rates.rate_date = amounts.day
    ),
    cells AS (
        SELECT
            shown_currency,
            bucket,
            size,
            sum(deals) AS won,
            sum(value) AS won_sum,
            sumIf(valued_deals, value IS NULL) AS unconverted,
            sum(zero_deals) AS zero_value,
            sum(deals - valued_deals) AS without_value
        FROM priced
        GROUP BY shown_currency, bucket, size
    ),
    -- Each group tells of the usual sizes too, of its own the figures.
    sizes AS (
        SELECT
            shown_currency,
            arrayJoin(arrayDistinct([size, 'small', 'medium', 'large', '(not set)'])) AS shown_size,
            groupArrayIf((bucket, won, won_sum, unconverted, zero_value, without_value), size = shown_size) AS told
        FROM cells
        GROUP BY shown_currency, shown_size
    ),
    arrayFirst(cell -> cell.1 = buckets.start, sizes.told) AS figures
SELECT
    sizes.shown_currency AS currency,
    buckets.start AS bucket_at,
    sizes.shown_size AS size,
    multiIf(buckets.is_ahead, NULL, figures.2 = 0, toDecimal128(0, 16), figures.3) AS won_value,
    if(buckets.is_ahead, NULL, figures.2) AS won_deals,
    figures.4 AS unconverted_deals,
    figures.5 AS zero_value_deals,
    figures.6 AS deals_without_value
FROM sizes
CROSS JOIN buckets
ORDER BY
    currency != {currency:String},
    currency = '(not set)',
    currency,
    bucket_at,
    indexOf(['small', 'medium', 'large'], size) = 0,
    indexOf(['small', 'medium', 'large'], size),
    size = '(not set)',
    size
