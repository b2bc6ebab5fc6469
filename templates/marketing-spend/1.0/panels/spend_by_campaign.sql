-- What does each campaign, source by source, cost, and what does it win?
-- Spend of the period and deals won in it (as in Spend and Won value, so the rows add up to both), by source and campaign of each; a
-- campaign that won nothing and one that no spend is known for are rows like all others, and no source and no campaign are the word (not set).
-- Cost is spend by won deals, NULL where nothing was won or no spend is known; return is won value by spend, NULL where no spend is
-- known or it is 0. Sums are NULL where nothing of them has a rate. One group a currency shown; in each the first {top} campaigns by
-- spend, and one row of all others. Those of equal spend come by won value, then by number of won deals, then by name; one whose
-- spend has no rate comes last.
WITH
    totals AS (
        SELECT
            source,
            campaign,
            shown_currency,
            sum(spend_rows) AS all_rows,
            if(all_rows = 0, toDecimal128(0, 16), sum(spent)) AS total,
            sumIf(spend_rows, spend_rows > 0 AND spent IS NULL) AS unconverted,
            sum(deals) AS all_deals,
            if(all_deals = 0, toDecimal128(0, 16), sum(figures.won_value)) AS all_won,
            sumIf(valued_deals, figures.won_value IS NULL) AS unconverted_won,
            sum(deals - valued_deals) AS without_value
        FROM figures
        WHERE is_now
        GROUP BY source, campaign, shown_currency
    ),
    ranked AS (
        SELECT
            source,
            campaign,
            shown_currency,
            all_rows,
            total,
            unconverted,
            all_deals,
            all_won,
            unconverted_won,
            without_value,
            row_number() OVER (
                PARTITION BY shown_currency
                ORDER BY total DESC NULLS LAST, all_won DESC NULLS LAST, all_deals DESC, source, campaign
            ) > {top:UInt16} AS is_rest
        FROM totals
    )
SELECT
    ranked.shown_currency AS currency,
    if(ranked.is_rest, '', ranked.source) AS source,
    if(ranked.is_rest, '(other)', ranked.campaign) AS campaign,
    sum(ranked.total) AS spend,
    sum(ranked.all_deals) AS won_deals,
    sum(ranked.all_won) AS won_value,
    if(sum(ranked.all_rows) = 0, NULL, spend / nullIf(won_deals, 0)) AS cost_per_won_deal,
    toFloat64(won_value) / toFloat64(nullIf(spend, 0)) AS return_on_spend,
    sum(ranked.unconverted) AS unconverted_spend,
    sum(ranked.unconverted_won) AS unconverted_deals,
    sum(ranked.without_value) AS deals_without_value,
    ranked.is_rest AS is_other,
    count() AS campaigns
FROM ranked
GROUP BY currency, is_other, source, campaign
ORDER BY
    currency != {currency:String}, currency = '(not set)', currency,
    is_other, spend DESC NULLS LAST, won_value DESC NULLS LAST, won_deals DESC, source, campaign
