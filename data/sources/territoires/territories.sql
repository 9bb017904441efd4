-- Territories of France: régions, départements, arrondissements, EPCI, EPT and communes of every type.
WITH
member AS (
    SELECT epci.code AS epci, commune.code AS code, commune.departement, commune.region
    FROM (SELECT code, unnest(from_json(membres, '[{"code": "VARCHAR"}]')) AS membre FROM epci) AS epci
    JOIN communes AS commune ON commune.code = epci.membre.code AND commune.type = 'commune-actuelle'
),
ept_member AS (
    SELECT ept.code AS ept, commune.code AS code, commune.departement, commune.region, member.epci
    FROM (SELECT code, unnest(from_json(membres, '[{"code": "VARCHAR"}]')) AS membre FROM ept) AS ept
    JOIN communes AS commune ON commune.code = ept.membre.code AND commune.type = 'commune-actuelle'
    LEFT JOIN member ON member.code = commune.code
),
-- A grouping lies in the département of all its members, else in their région, else in the country.
epci_place AS (
    SELECT epci, CASE
        WHEN count(DISTINCT departement) = 1 THEN 'territory/departement-' || min(departement)
        WHEN count(DISTINCT region) = 1 THEN 'territory/region-' || min(region)
        ELSE 'territory/country-FR'
    END AS place
    FROM member GROUP BY epci
),
ept_place AS (
    SELECT ept, concat_ws('|',
        CASE
            WHEN count(DISTINCT departement) = 1 THEN 'territory/departement-' || min(departement)
            WHEN count(DISTINCT region) = 1 THEN 'territory/region-' || min(region)
            ELSE 'territory/country-FR'
        END,
        CASE WHEN count(DISTINCT epci) = 1 THEN 'territory/epci-' || min(epci) END) AS place
    FROM ept_member GROUP BY ept
),
region_row AS (
    -- The package repeats the overseas collectivities as régions: they are read as collectivities only.
    SELECT
        'region-' || code AS id, nom AS label_fr, 'region' AS kind, code,
        'territory/country-FR' AS "within", 'territory/commune-' || chefLieu AS seat, _file, _row
    FROM regions WHERE zone <> 'com'
),
departement_row AS (
    SELECT
        'departement-' || code AS id, nom AS label_fr, 'departement' AS kind, code,
        'territory/region-' || region AS "within", 'territory/commune-' || chefLieu AS seat, _file, _row
    FROM departements WHERE zone <> 'com'
),
collectivite_row AS (
    SELECT
        'collectivite-' || code AS id, nom AS label_fr, 'overseas-collectivity' AS kind, code,
        'territory/country-FR' AS "within",
        -- The package gives 97502 (Saint-Pierre, in another collectivity) as the seat of 984.
        CASE WHEN chefLieu LIKE code || '%' THEN 'territory/commune-' || chefLieu END AS seat,
        CASE
            WHEN chefLieu NOT LIKE code || '%'
            THEN 'Chef-lieu donné par le paquet (' || chefLieu || ') écarté : il est hors du territoire.'
        END AS note_fr,
        CASE
            WHEN chefLieu NOT LIKE code || '%'
            THEN 'Seat given by the package (' || chefLieu || ') left out: it is outside the territory.'
        END AS note_en,
        _file, _row
    FROM departements WHERE zone = 'com'
),
arrondissement_row AS (
    SELECT
        'arrondissement-' || code AS id, nom AS label_fr, 'arrondissement' AS kind, code,
        'territory/departement-' || departement AS "within",
        'territory/commune-' || chefLieu AS seat, _file, _row
    FROM arrondissements
),
epci_row AS (
    SELECT
        'epci-' || code AS id, nom AS label_fr,
        CASE type
            WHEN 'CC' THEN 'communaute-communes'
            WHEN 'CA' THEN 'communaute-agglomeration'
            WHEN 'CU' THEN 'communaute-urbaine'
            WHEN 'METRO' THEN 'metropole'
            WHEN 'MET69' THEN 'metropole'
            ELSE 'epci'
        END AS kind,
        code, epci_place.place AS "within", populationMunicipale AS population, _file, _row
    FROM epci LEFT JOIN epci_place ON epci_place.epci = epci.code
),
ept_row AS (
    SELECT
        'ept-' || code AS id, nom AS label_fr, 'ept' AS kind, code, ept_place.place AS "within",
        populationMunicipale AS population, _file, _row
    FROM ept LEFT JOIN ept_place ON ept_place.ept = ept.code
),
commune_row AS (
    SELECT
        'commune-' || commune.code AS id, nom AS label_fr, 'commune' AS kind, commune.code,
        concat_ws('|',
            CASE
                -- Mayotte has no arrondissement (an empty text), nor have the collectivities.
                WHEN nullif(commune.arrondissement, '') IS NOT NULL
                THEN 'territory/arrondissement-' || commune.arrondissement
                WHEN commune.zone = 'com' THEN 'territory/collectivite-' || commune.departement
                ELSE 'territory/departement-' || commune.departement
            END,
            'territory/epci-' || member.epci,
            'territory/ept-' || ept_member.ept) AS "within",
        array_to_string(from_json(codesPostaux, '["VARCHAR"]'), '|') AS post_codes,
        array_to_string(from_json(anciensCodes, '["VARCHAR"]'), '|') AS former_codes,
        population,
        CASE
            WHEN commune.departement IN ('977', '978', '984', '986', '989')
            THEN 'Unité du Code officiel géographique qui n''a pas le statut de commune.'
        END AS note_fr,
        CASE
            WHEN commune.departement IN ('977', '978', '984', '986', '989')
            THEN 'Unit of the official geographic code that does not have the status of a commune.'
        END AS note_en,
        _file, _row
    FROM communes AS commune
    LEFT JOIN member ON member.code = commune.code
    LEFT JOIN ept_member ON ept_member.code = commune.code
    WHERE commune.type = 'commune-actuelle'
),
-- Communes déléguées and associées, municipal arrondissements: the type is the key's prefix.
part_row AS (
    SELECT
        type || '-' || code AS id, nom AS label_fr, type AS kind, code,
        CASE
            WHEN type = 'arrondissement-municipal' THEN replace(nom, ' Arrondissement', '')
        END AS alt_labels,
        'territory/commune-' || coalesce(chefLieu, commune) AS "within",
        array_to_string(from_json(codesPostaux, '["VARCHAR"]'), '|') AS post_codes,
        population, _file, _row
    FROM communes WHERE type <> 'commune-actuelle'
)
SELECT
    id, trim(regexp_replace(label_fr, '\s+', ' ', 'g')) AS label_fr, alt_labels, kind, code,
    "within", seat, post_codes, former_codes, population,
    points.latitude, points.longitude, note_fr, note_en, 'stated' AS assertion,
    territory._file, territory._row
FROM (
    SELECT * FROM region_row
    UNION ALL BY NAME SELECT * FROM departement_row
    UNION ALL BY NAME SELECT * FROM collectivite_row
    UNION ALL BY NAME SELECT * FROM arrondissement_row
    UNION ALL BY NAME SELECT * FROM epci_row
    UNION ALL BY NAME SELECT * FROM ept_row
    UNION ALL BY NAME SELECT * FROM commune_row
    UNION ALL BY NAME SELECT * FROM part_row
) AS territory
LEFT JOIN points ON points.territory = territory.id
