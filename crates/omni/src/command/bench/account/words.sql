-- What ids are called: the pipeline, its stages, the sellers and the organizations.
INSERT INTO entities (event_company_id, entity_object, entity_id, event_ver, entity_name, entity_order, entity_pipeline_id, entity_probability, entity_industry, entity_company_size, entity_is_active)
SELECT ${company}, 'pipeline', '1', 5, 'Sales', 1, 0, NULL, '', '', true
UNION ALL
SELECT ${company}, 'stage', toString(number + 1), 5, concat('Stage ', toString(number + 1)), toUInt32(number + 1), 1, toDecimal64((number + 1) * 20, 4), '', '', true FROM numbers(5)
UNION ALL
SELECT ${company}, 'user', toString(number + 1), 5, concat('Seller ', toString(number + 1)), 0, 0, NULL, '', '', true FROM numbers(20)
UNION ALL
SELECT
    ${company}, 'organization', toString(number + 1), 5, concat('Organization ', toString(number + 1)), 0, 0, NULL,
    ['technology', 'retail', 'finance', 'healthcare', 'education', 'manufacturing', 'media', ''][1 + cityHash64(14, number) % 8],
    ['1-10', '11-50', '51-200', '201-500', '501-1000', '1001+', ''][1 + cityHash64(15, number) % 7], true
FROM numbers(intDiv(${deals}, 5) + 1)
