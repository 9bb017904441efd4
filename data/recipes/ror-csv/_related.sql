-- “child: https://ror.org/…, https://ror.org/…; parent: https://ror.org/…”: a row for each link, from the part
-- to the whole, from the successor to its predecessor
WITH stated AS (
    SELECT _file, _row, regexp_extract(id, '0[a-z0-9]{8}$') AS own,
        unnest(string_split(relationships, '; ')) AS links
    FROM organisations
), single AS (
    SELECT _file, _row, own, lower(split_part(links, ': ', 1)) AS type,
        unnest(regexp_extract_all(links, 'ror\.org/(0[a-z0-9]{8})', 1)) AS other
    FROM stated
)
SELECT _file, _row, type,
    CASE WHEN type IN ('parent', 'predecessor') THEN own ELSE other END AS lower_key,
    CASE WHEN type IN ('parent', 'predecessor') THEN other ELSE own END AS upper_key
FROM single
WHERE type IN ('parent', 'child', 'successor', 'predecessor')
    AND other IN (SELECT regexp_extract(id, '0[a-z0-9]{8}$') FROM organisations)
