-- People whose name is public.
SELECT
    _file, _row, "orcid-identifier.path" AS orcid,
    json_extract_string("person.name", '$."credit-name".value') AS credit_name,
    json_extract_string("person.name", '$."given-names".value') AS given_names,
    json_extract_string("person.name", '$."family-name".value') AS family_name
FROM each_person
WHERE "person.name" IS NOT NULL
    AND coalesce(lower(json_extract_string("person.name", '$.visibility')), 'public') = 'public'
