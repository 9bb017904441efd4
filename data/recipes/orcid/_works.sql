-- Public works of people whose name is public. The DOI of a work is the one that it is said to be itself: one
-- of the book it is part of, or of another version of it, is not its own.
WITH written AS (
    SELECT
        _file, _row, "orcid-identifier.path" AS orcid, work ->> '$."put-code"' AS put_code,
        work ->> '$.title.title.value' AS title, work ->> '$.type' AS type,
        work ->> '$.url.value' AS url,
        work ->> '$."publication-date".year.value' AS year,
        work ->> '$."publication-date".month.value' AS month,
        work ->> '$."publication-date".day.value' AS day,
        nullif(regexp_extract(list_filter(from_json(json_extract(work, '$."external-ids"."external-id"'), '["JSON"]'),
            lambda n: lower(n ->> '$."external-id-type"') = 'doi'
            AND coalesce(lower(n ->> '$."external-id-relationship"'), 'self') = 'self'
        )[1] ->> '$."external-id-value"', '10\.[0-9]{4,9}/\S+'), '') AS doi
    FROM each_work
    WHERE coalesce(lower(work ->> '$.visibility'), 'public') = 'public'
        AND "person.name" IS NOT NULL AND coalesce(lower(json_extract_string("person.name", '$.visibility')), 'public') = 'public'
)
SELECT *,
    CASE
        WHEN doi IS NULL THEN 'orcid-work-' || put_code
        ELSE 'doi-' || trim(regexp_replace(lower(doi), '[^a-z0-9._]+', '-', 'g'), '-.')
    END AS key
FROM written
