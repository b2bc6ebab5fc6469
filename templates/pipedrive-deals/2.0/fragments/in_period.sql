-- Whether a time lies in the chosen period, which ends before `to` (R4). Not for a deal without that time.
(at -> at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}) AS in_period
