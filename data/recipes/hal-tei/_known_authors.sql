-- Authors of deposits: their name, number and person. An author form of HAL (957-182329) is of a person,
-- or of nobody where it has one number: it stays as it is then.
WITH written AS (
    SELECT
        json_extract_string(publicationStmt, '$[0].idno') AS numbers, author, author_number, _file, _row,
        list_filter(from_json(json_extract(author, '$.idno'), '["JSON"]'), lambda n: n ->> '$."@type"' = 'idhal'
            AND n ->> '$."@notation"' = 'string')[1] ->> '$."#text"' AS idhal,
        list_filter(from_json(json_extract(author, '$.idno'), '["JSON"]'),
            lambda n: n ->> '$."@type"' = 'halauthorid')[1] ->> '$."#text"' AS form,
        concat_ws(' ', author ->> '$.persName[0].forename[0]."#text"', author ->> '$.persName[0].surname[0]."#text"') AS name
    FROM each_author
)
SELECT
    lower(list_filter(from_json(numbers, '["JSON"]'), lambda n: n ->> '$."@type"' = 'halId')[1] ->> '$."#text"') AS deposit,
    author, author_number, _file, _row, name, lower(idhal) AS idhal,
    CASE
        WHEN idhal <> '' THEN 'idhal-' || lower(idhal)
        WHEN form LIKE '%-0' OR form NOT LIKE '%-%' THEN 'hal-form-' || split_part(form, '-', 1)
        ELSE 'hal-person-' || split_part(form, '-', 2)
    END AS person
FROM written
WHERE name <> '' AND coalesce(idhal, form) IS NOT NULL
