-- Authors of deposits, who are packed as name, form and person, IdHAL. A form whose person is 0 is not
-- attributed to anybody: it stays as it is, one for each spelling.
SELECT
    halId_s, author_number, _file, _row,
    split_part(author, '_FacetSep_', 1) AS name,
    split_part(author, '_FacetSep_', 2) AS form,
    nullif(lower(split_part(author, '_FacetSep_', 3)), '') AS idhal,
    CASE
        WHEN split_part(author, '_FacetSep_', 3) <> ''
        THEN 'idhal-' || lower(split_part(author, '_FacetSep_', 3))
        WHEN split_part(author, '_FacetSep_', 2) LIKE '%-0' OR split_part(author, '_FacetSep_', 2) NOT LIKE '%-%'
        THEN 'hal-form-' || split_part(split_part(author, '_FacetSep_', 2), '-', 1)
        ELSE 'hal-person-' || split_part(split_part(author, '_FacetSep_', 2), '-', 2)
    END AS person
FROM each_author
WHERE split_part(author, '_FacetSep_', 2) <> '' AND split_part(author, '_FacetSep_', 1) <> ''
