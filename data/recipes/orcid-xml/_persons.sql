-- People whose name is public.
SELECT
    _file, _row, json_extract_string("orcid-identifier", '$[0].path[0]."#text"') AS orcid,
    json_extract_string(person, '$[0].name[0]."credit-name"[0]."#text"') AS credit_name,
    json_extract_string(person, '$[0].name[0]."given-names"[0]."#text"') AS given_names,
    json_extract_string(person, '$[0].name[0]."family-name"[0]."#text"') AS family_name
FROM each_person
WHERE json_extract(person, '$[0].name[0]') IS NOT NULL
    AND coalesce(lower(json_extract_string(person, '$[0].name[0]."@visibility"')), 'public') = 'public'
