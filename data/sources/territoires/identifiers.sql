-- SIREN numbers of the communes, EPCI and EPT.
SELECT 'territory/commune-' || code AS subject, 'siren' AS scheme, siren AS value,
    'stated' AS assertion, _file, _row
FROM communes WHERE type = 'commune-actuelle' AND siren IS NOT NULL
UNION ALL
SELECT 'territory/epci-' || code, 'siren', code, 'stated', _file, _row FROM epci
UNION ALL
SELECT 'territory/ept-' || code, 'siren', code, 'stated', _file, _row FROM ept
