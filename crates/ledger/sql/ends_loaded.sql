        -- What one template's base table has of these events.
        UNION ALL
        SELECT
            event_company_id,
            event_uuid,
            event_received_at AS received_at,
            0 AS is_accepted,
            1 AS is_loaded,
            0 AS is_rejected,
            0 AS is_filtered
        FROM ${table}
        WHERE event_company_id IN {companies:Array(UInt64)}
            AND loaded_at >= fromUnixTimestamp64Micro({recorded_from:Int64}, 'UTC')
            AND event_uuid IN wanted
