-- What was spent, row by row?
-- Those of the period, as the newest import has them. Newest day first, then by source, campaign and
-- currency.
SELECT
    concat(toString(spend.day), '\n', spend.source, '\n', spend.campaign, '\n', spend.currency) AS row_key,
    spend.day AS day,
    spend.source AS source,
    spend.campaign AS campaign,
    spend.amount AS amount,
    spend.currency AS amount_currency,
    if(native_mode, spend.currency, {currency:String}) AS currency,
    converted(spend.amount, spend.currency, rates.rate) AS converted_amount,
    converted_amount IS NULL AS is_unconverted,
    spend.clicks AS clicks,
    spend.impressions AS impressions,
    spend.imported_at AS imported_at
FROM spend
LEFT ANY JOIN rates ON rates.currency = spend.currency AND rates.rate_date = spend.day
WHERE in_period(spend.day_start)
    AND (empty({bucket:Array(DateTime64(3, 'UTC'))}) OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(spend.day_start)))
    AND if(empty({not_campaign:Array(String)}),
        NOT has({not_source:Array(String)}, spend.source),
        NOT has(
            arrayMap((place, word) -> ({not_source:Array(String)}[place], word),
                arrayEnumerate({not_campaign:Array(String)}), {not_campaign:Array(String)}),
            (spend.source, spend.campaign)))
    AND ({shown:String} = '' OR if(native_mode, spend.currency, {currency:String}) = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
ORDER BY day DESC, source, campaign, amount_currency
