-- What an event of a deal tells, in one word.
((action, merged_into, status, previous_status, stage_id, previous_stage_id, value, previous_value) -> multiIf(
    action = 'deleted' AND merged_into != 0, 'merged_away',
    action = 'deleted', 'deleted',
    action = 'merged', 'merged',
    action = 'added', 'added',
    previous_status NOT IN ('', status) AND status = 'open', 'reopened',
    previous_status NOT IN ('', status) AND status IN ('won', 'lost'), toString(status),
    previous_stage_id NOT IN (0, stage_id) AND stage_id != 0, 'moved',
    previous_value IS NOT NULL AND previous_value != value, 'revalued',
    'updated')) AS event_what
