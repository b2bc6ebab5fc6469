        -- What one template's base table got of the slice.
        UNION ALL
        SELECT
            event_company_id,
            event_uuid,
            '' AS source,
            event_received_at AS received_at,
            0 AS is_accepted,
            1 AS is_loaded,
            0 AS is_rejected,
            0 AS is_filtered
        FROM ${table}
        WHERE event_received_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
            AND event_received_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
