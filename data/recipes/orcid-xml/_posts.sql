-- Public employments of people whose name is public, with the number of the employer in the register that
-- ORCID names (https://ror.org/…, grid.…, http://dx.doi.org/10.13039/…).
WITH written AS (
    SELECT
        _file, _row, json_extract_string("orcid-identifier", '$[0].path[0]."#text"') AS orcid, post ->> '$."@put-code"' AS put_code,
        post ->> '$."role-title"[0]."#text"' AS role, post ->> '$."department-name"[0]."#text"' AS department,
        post ->> '$.organization[0].name[0]."#text"' AS organisation,
        post ->> '$.organization[0].address[0].country[0]."#text"' AS country,
        post ->> '$."start-date"[0].year[0]."#text"' AS start_year,
        post ->> '$."start-date"[0].month[0]."#text"' AS start_month,
        post ->> '$."start-date"[0].day[0]."#text"' AS start_day,
        post ->> '$."end-date"[0].year[0]."#text"' AS end_year,
        post ->> '$."end-date"[0].month[0]."#text"' AS end_month,
        post ->> '$."end-date"[0].day[0]."#text"' AS end_day,
        lower(trim(post ->> '$.organization[0]."disambiguated-organization"[0]."disambiguation-source"[0]."#text"')) AS register,
        lower(trim(post ->> '$.organization[0]."disambiguated-organization"[0]."disambiguated-organization-identifier"[0]."#text"')) AS stated
    FROM each_post
    WHERE coalesce(lower(post ->> '$."@visibility"'), 'public') = 'public'
        AND json_extract(person, '$[0].name[0]') IS NOT NULL AND coalesce(lower(json_extract_string(person, '$[0].name[0]."@visibility"')), 'public') = 'public'
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
