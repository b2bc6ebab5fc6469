-- Which deals were won in the period?
-- Those of Won value on the board of deals, each at its newest won time. Newest first, then by id. The address of a deal is on the
-- account's host, empty while no event has told it.
WITH
    (
        SELECT any(event_host)
        FROM (
            SELECT toString(event_host) AS event_host
            FROM deal_events
            WHERE event_company_id = {company:UInt64} AND match(event_host, '^[A-Za-z0-9][A-Za-z0-9.-]*$')
            LIMIT 1
        )
    ) AS account_host
SELECT
    won.deal_id AS deal_id,
    if(won.title != '', won.title, concat('#', toString(won.deal_id))) AS title,
    multiIf(
        won.deal_owner_id = 0, '(not set)',
        users.name != '', users.name,
        won.owner_name != '', won.owner_name,
        concat('#', toString(won.deal_owner_id))
    ) AS owner,
    won.source AS source,
    won.campaign AS campaign,
    won.deal_value AS value,
    won.currency AS value_currency,
    if(native_mode, won.currency, {currency:String}) AS currency,
    converted(won.deal_value, won.currency, rates.rate) AS converted_value,
    won.deal_value IS NOT NULL AND converted_value IS NULL AS is_unconverted,
    won.deal_value IS NULL AS is_without_value,
    won.won_at AS won_at,
    if(account_host = '', '', concat('https://', account_host, '/deal/', toString(won.deal_id))) AS link
FROM won
LEFT ANY JOIN users ON users.user_id = won.deal_owner_id
LEFT ANY JOIN rates ON rates.currency = won.currency AND rates.rate_date = toDate(won.won_at, {tz:String})
WHERE in_period(won.won_at)
    AND (empty({bucket:Array(DateTime64(3, 'UTC'))}) OR has({bucket:Array(DateTime64(3, 'UTC'))}, bucket_of(won.won_at)))
    AND if(empty({not_campaign:Array(String)}),
        NOT has({not_source:Array(String)}, won.source),
        NOT has(
            arrayMap((place, word) -> ({not_source:Array(String)}[place], word),
                arrayEnumerate({not_campaign:Array(String)}), {not_campaign:Array(String)}),
            (won.source, won.campaign)))
    AND ({shown:String} = '' OR if(native_mode, won.currency, {currency:String}) = {shown:String})
    AND ({only:String} != 'unconverted' OR is_unconverted)
    AND ({only:String} != 'without_value' OR is_without_value)
ORDER BY won_at DESC, deal_id
