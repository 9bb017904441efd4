-- Codes that communes had, by the territories of today in which what they named lies.
SELECT
    code || '-' || until AS id, 'territory/' || unnest(string_split(became, '|')) AS territory,
    code, label AS label_fr, until, _file, _row
FROM former_communes
