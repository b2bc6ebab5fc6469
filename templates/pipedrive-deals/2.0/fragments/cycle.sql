-- Whole seconds from the time a deal was added to the time it was won. NULL where nobody told when it was added, and where
-- that is after the win: such a duration is left out and counted as a quality problem (R12).
((added_at, won_at) -> if(won_at >= added_at, dateDiff('second', added_at, won_at), NULL)) AS cycle_seconds
