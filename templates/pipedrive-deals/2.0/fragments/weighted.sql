-- A deal's value times its own probability, else its stage's, else 100 %, as Pipedrive defines it; of each deal by itself to
-- four decimals, so that sums of any groups of deals add up to the last digit.
((amount, probability, probability_of_stage) -> CAST(
    round(toDecimal128(amount, 4) * coalesce(probability, probability_of_stage, 100) / 100, 4) AS Nullable(Decimal(38, 4))
)) AS weighted
