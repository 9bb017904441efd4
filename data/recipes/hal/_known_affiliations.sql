-- Structures that the authors of a deposit are affiliated to: form and person, name, structure, its name.
SELECT DISTINCT
    split_part(split_part(affiliation, '_JoinSep_', 2), '_FacetSep_', 1) AS structure,
    split_part(split_part(affiliation, '_JoinSep_', 2), '_FacetSep_', 2) AS structure_name,
    known.person, each._file, each._row
FROM each_affiliation AS each
LEFT JOIN known_authors AS known
    ON known.halId_s = each.halId_s AND known._file = each._file
    AND known.form = split_part(each.affiliation, '_FacetSep_', 1)
WHERE split_part(split_part(affiliation, '_JoinSep_', 2), '_FacetSep_', 2) <> ''
ORDER BY structure, known.person, each._file, each._row
