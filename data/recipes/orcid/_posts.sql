-- Public employments of people whose name is public, with the number of the employer in the register that
-- ORCID names (https://ror.org/…, grid.…, http://dx.doi.org/10.13039/…).
WITH written AS (
    SELECT
        _file, _row, "orcid-identifier.path" AS orcid, post ->> '$."put-code"' AS put_code,
        post ->> '$."role-title"' AS role, post ->> '$."department-name"' AS department,
        post ->> '$.organization.name' AS organisation,
        post ->> '$.organization.address.country' AS country,
        post ->> '$."start-date".year.value' AS start_year,
        post ->> '$."start-date".month.value' AS start_month,
        post ->> '$."start-date".day.value' AS start_day,
        post ->> '$."end-date".year.value' AS end_year,
        post ->> '$."end-date".month.value' AS end_month,
        post ->> '$."end-date".day.value' AS end_day,
        lower(trim(post ->> '$.organization."disambiguated-organization"."disambiguation-source"')) AS register,
        lower(trim(post ->> '$.organization."disambiguated-organization"."disambiguated-organization-identifier"')) AS stated
    FROM each_post
    WHERE coalesce(lower(post ->> '$.visibility'), 'public') = 'public'
        AND "person.name" IS NOT NULL AND coalesce(lower(json_extract_string("person.name", '$.visibility')), 'public') = 'public'
), numbered AS (
    SELECT *,
        nullif(CASE register
            WHEN 'ror' THEN regexp_extract(stated, '0[a-hj-km-np-tv-z0-9]{8}$')
            WHEN 'grid' THEN regexp_extract(stated, 'grid\.[0-9]+\.[0-9a-f]+$')
            WHEN 'fundref' THEN regexp_extract(stated, '[0-9]{9,12}$')
        END, '') AS number
    FROM written
    WHERE organisation IS NOT NULL
)
SELECT *,
    CASE WHEN number IS NOT NULL THEN register END AS scheme,
    CASE
        WHEN number IS NULL THEN 'orcid-' || concat_ws('-', lower(country), clean_slug(organisation))
        WHEN register = 'grid' THEN replace(number, 'grid.', 'grid-')
        ELSE register || '-' || number
    END AS key
FROM numbered
