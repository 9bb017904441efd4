-- Public works of people whose name is public. The DOI of a work is the one that it is said to be itself: one
-- of the book it is part of, or of another version of it, is not its own.
WITH written AS (
    SELECT
        _file, _row, json_extract_string("orcid-identifier", '$[0].path[0]."#text"') AS orcid, work ->> '$."@put-code"' AS put_code,
        work ->> '$.title[0].title[0]."#text"' AS title, work ->> '$.type[0]."#text"' AS type,
        work ->> '$.url[0]."#text"' AS url,
        work ->> '$."publication-date"[0].year[0]."#text"' AS year,
        work ->> '$."publication-date"[0].month[0]."#text"' AS month,
        work ->> '$."publication-date"[0].day[0]."#text"' AS day,
        nullif(regexp_extract(list_filter(from_json(json_extract(work, '$."external-ids"[0]."external-id"'), '["JSON"]'),
            lambda n: lower(n ->> '$."external-id-type"[0]."#text"') = 'doi'
            AND coalesce(lower(n ->> '$."external-id-relationship"[0]."#text"'), 'self') = 'self'
        )[1] ->> '$."external-id-value"[0]."#text"', '10\.[0-9]{4,9}/\S+'), '') AS doi
    FROM each_work
    WHERE coalesce(lower(work ->> '$."@visibility"'), 'public') = 'public'
        AND json_extract(person, '$[0].name[0]') IS NOT NULL AND coalesce(lower(json_extract_string(person, '$[0].name[0]."@visibility"')), 'public') = 'public'
)
SELECT *,
    CASE
        WHEN doi IS NULL THEN 'orcid-work-' || put_code
        ELSE 'doi-' || trim(regexp_replace(lower(doi), '[^a-z0-9._]+', '-', 'g'), '-.')
    END AS key
FROM written
