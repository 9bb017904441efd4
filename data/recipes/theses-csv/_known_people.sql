-- Authors and supervisors of theses who have an IdRef number; many are both.
WITH listed AS (
    SELECT
        _file, _row, nnt, discipline, date_soutenance, "etablissements_soutenance.0.idref" AS institution,
        unnest([
            {'part': 'author', 'position': 1, 'ppn': "auteur.idref", 'nom': "auteur.nom", 'prenom': "auteur.prenom"},
            {'part': 'supervisor', 'position': 1, 'ppn': "directeurs_these.0.idref", 'nom': "directeurs_these.0.nom", 'prenom': "directeurs_these.0.prenom"},
            {'part': 'supervisor', 'position': 2, 'ppn': "directeurs_these.1.idref", 'nom': "directeurs_these.1.nom", 'prenom': "directeurs_these.1.prenom"},
            {'part': 'supervisor', 'position': 3, 'ppn': "directeurs_these.2.idref", 'nom': "directeurs_these.2.nom", 'prenom': "directeurs_these.2.prenom"},
            {'part': 'supervisor', 'position': 4, 'ppn': "directeurs_these.3.idref", 'nom': "directeurs_these.3.nom", 'prenom': "directeurs_these.3.prenom"},
            {'part': 'supervisor', 'position': 5, 'ppn': "directeurs_these.4.idref", 'nom': "directeurs_these.4.nom", 'prenom': "directeurs_these.4.prenom"},
            {'part': 'supervisor', 'position': 6, 'ppn': "directeurs_these.5.idref", 'nom': "directeurs_these.5.nom", 'prenom': "directeurs_these.5.prenom"},
            {'part': 'supervisor', 'position': 7, 'ppn': "directeurs_these.6.idref", 'nom': "directeurs_these.6.nom", 'prenom': "directeurs_these.6.prenom"}
        ], recursive := true)
    FROM each_thesis
)
SELECT * FROM listed
WHERE regexp_full_match(ppn, '[0-9]{8}[0-9X]') AND nom IS NOT NULL
