"""Message catalogue for rows rejected or warned about by other rules than shapes."""

from dataclasses import dataclass
from typing import Final

from kg.kinds import Text


@dataclass(frozen=True)
class Message:
    """Message with its advice."""

    text: Text
    advice: Text


UNUSABLE_MESSAGES: Final = {
    "key-missing": Message(
        Text("La clé est vide.", "The key is empty."),
        Text(
            "Donnez une clé à cette ligne, par exemple source-nom-court.",
            "Give this line a key, for example source-short-name.",
        ),
    ),
    "key-number-missing": Message(
        Text(
            "Rien ne donne de clé à cette ligne : aucune des colonnes qui en donnent une n'a de "
            "numéro de la forme attendue.",
            "Nothing gives this row a key: none of the columns that give one has a number of the "
            "form expected.",
        ),
        Text(
            "Cherchez son numéro (SIREN, SIRET, RNA…) dans l'annuaire des entreprises, ou ajoutez "
            "une colonne id avec une clé à vous, par exemple source-nom-court.",
            "Look its number (SIREN, SIRET, RNA…) up in the register of companies, or add a column "
            "id with a key of your own, for example source-short-name.",
        ),
    ),
    "key-list": Message(
        Text(
            "La clé contient plusieurs valeurs : une ligne décrit une seule fiche.",
            "The key has several values: a row describes one record.",
        ),
        Text(
            "Faites une ligne de chacune, avec sa propre clé.",
            "Make a row of each, with a key of its own.",
        ),
    ),
    "key-illegal": Message(
        Text(
            "La clé a un espace ou un signe interdit.", "The key has a blank or a forbidden sign."
        ),
        Text(
            'Écrivez-la sans espace ni < > " { } | \\ ^ `.',
            'Write it without blanks and without < > " { } | \\ ^ `.',
        ),
    ),
    "key-duplicate": Message(
        Text("La clé est déjà prise par une autre ligne.", "The key is taken by another line."),
        Text("Réunissez les deux lignes ou changez la clé.", "Merge the lines or change the key."),
    ),
    "commune-unknown": Message(
        Text(
            "Aucune commune n'a ce code postal et ce nom.",
            "No commune has this post code and this name.",
        ),
        Text(
            "Donnez son code INSEE, ou corrigez l'un des deux.",
            "Give its INSEE code, or correct one of the two.",
        ),
    ),
    "commune-ambiguous": Message(
        Text(
            "Plusieurs communes ont ce code postal et ce nom.",
            "Several communes have this post code and this name.",
        ),
        Text("Donnez son code INSEE.", "Give its INSEE code."),
    ),
    "cell-failed": Message(
        Text("La formule de cette cellule a échoué.", "The formula of this cell failed."),
        Text(
            "Corrigez la formule, ou videz la cellule si la valeur n'est pas connue.",
            "Correct the formula, or empty the cell where the value is not known.",
        ),
    ),
    "cell-control": Message(
        Text(
            "Cette cellule contient un caractère de contrôle, invisible et interdit.",
            "This cell has a control character, which is invisible and forbidden.",
        ),
        Text(
            "Tapez de nouveau le texte à la main, sans le copier.",
            "Type the text again by hand, without copying it.",
        ),
    ),
    "person-undisclosed": Message(
        Text(
            "Le registre dit que cette personne ne doit pas être montrée (diffusion partielle ou "
            "non diffusible).",
            "The register says that this person must not be shown (partial or no disclosure).",
        ),
        Text(
            "Retirez la ligne : cette personne s'est opposée à la diffusion de ses données.",
            "Remove the line: this person has objected to the publication of their data.",
        ),
    ),
    "record-forgotten": Message(
        Text(
            "Cette fiche a été oubliée à la demande de quelqu'un, ou pour une autre raison de "
            "droit : rien n'en est publié.",
            "This record was forgotten on somebody's request, or for another reason of law: "
            "nothing of it is published.",
        ),
        Text(
            "Retirez la ligne ; un build la laisse de côté.",
            "Remove the line; a build leaves it out.",
        ),
    ),
    "field-forgotten": Message(
        Text(
            "Ce champ de cette fiche a été oublié : il n'est pas publié.",
            "This field of this record was forgotten: it is not published.",
        ),
        Text("Videz la cellule.", "Empty the cell."),
    ),
    "class-missing": Message(
        Text(
            "Cette entité n'a pas de classe : aucune règle de son genre ne la contrôlerait.",
            "This entity has no class: no rule of its kind would check it.",
        ),
        Text(
            "Ajoutez-lui la classe que son adresse promet : rdf:type {}.",
            "Add the class that its address promises: rdf:type {}.",
        ),
    ),
    "class-other": Message(
        Text(
            "La classe de cette entité n'est pas celle que son adresse promet.",
            "The class of this entity is not the one that its address promises.",
        ),
        Text(
            "Ajoutez rdf:type {}, ou donnez-lui l'adresse du genre dont elle a la classe.",
            "Add rdf:type {}, or give it the address of the kind whose class it has.",
        ),
    ),
    "class-of-part-missing": Message(
        Text(
            "Un nœud de cette fiche n'a pas de classe : aucune règle ne le contrôlerait.",
            "A node of this record has no class: no rule would check it.",
        ),
        Text(
            "Donnez-lui la classe du modèle qui convient, par exemple org:Membership, "
            "adms:Identifier ou locn:Address.",
            "Give it the class of the model that fits, for example org:Membership, "
            "adms:Identifier or locn:Address.",
        ),
    ),
    "class-of-part-other": Message(
        Text(
            "Un nœud de cette fiche n'a aucune des classes du modèle : aucune règle ne le "
            "contrôlerait.",
            "A node of this record has none of the classes of the model: no rule would check it.",
        ),
        Text(
            "Donnez-lui la classe du modèle qui convient, par exemple org:Membership, "
            "adms:Identifier ou locn:Address.",
            "Give it the class of the model that fits, for example org:Membership, "
            "adms:Identifier or locn:Address.",
        ),
    ),
    "kind-unknown": Message(
        Text(
            "L'adresse de cette entité est la nôtre, et son genre n'existe pas.",
            "The address of this entity is ours, and its kind does not exist.",
        ),
        Text("Les genres sont : {}.", "The kinds are: {}."),
    ),
    "subject-not-yours": Message(
        Text(
            "Cette adresse est celle du modèle ou d'une source : une source ne les redéfinit pas.",
            "This address is one of the model or of a source: no source redefines those.",
        ),
        Text(
            "Retirez ces déclarations ; le modèle se change dans ontology/, une source dans son "
            "source.toml.",
            "Take these statements out; the model is changed in ontology/, a source in its "
            "source.toml.",
        ),
    ),
    "file-silent": Message(
        Text(
            "Rien n'est tiré de ce fichier : il ne dit rien, ou les alignements n'en tirent rien.",
            "Nothing comes of this file: it says nothing, or the alignments take nothing from it.",
        ),
        Text(
            "Complétez-le ou corrigez l'alignement ; sinon, retirez-le du dossier.",
            "Complete it or correct the alignment; else take it out of the folder.",
        ),
    ),
    "line-malformed": Message(
        Text("Cette ligne n'a pas pu être lue.", "This line could not be read."),
        Text("Corrigez la ligne dans le fichier.", "Correct the line in the file."),
    ),
}
MALFORMED_MESSAGES: Final = {
    "too-few-cells": Message(
        Text(
            "Cette ligne a moins de cellules que l'en-tête ({}).",
            "This line has fewer cells than the heading ({}).",
        ),
        Text("Cherchez un séparateur qui manque.", "Look for a separator that is missing."),
    ),
    "too-many-cells": Message(
        Text(
            "Cette ligne a plus de cellules que l'en-tête ({}).",
            "This line has more cells than the heading ({}).",
        ),
        Text(
            "Cherchez un séparateur en trop ; une cellule qui contient le séparateur s'écrit "
            "entre guillemets.",
            "Look for a separator too many; a cell that contains the separator is written "
            "between quotes.",
        ),
    ),
    "stray-quote": Message(
        Text("Un guillemet n'est pas à sa place.", "A quote is not in its place."),
        Text(
            "Doublez les guillemets qui font partie du texte, et mettez la cellule entière entre "
            "guillemets.",
            "Double the quotes that are part of the text, and put the whole cell between quotes.",
        ),
    ),
    "open-quote": Message(
        Text("Un guillemet est ouvert et n'est pas fermé.", "A quote is opened and is not closed."),
        Text("Fermez-le, ou retirez-le.", "Close it, or remove it."),
    ),
    "invalid-bytes": Message(
        Text(
            "Cette ligne a des caractères abîmés : ils ne sont pas dans l'encodage du fichier.",
            "This line has damaged characters: they are not in the encoding of the file.",
        ),
        Text(
            "Enregistrez de nouveau le fichier en UTF-8, ou réécrivez ces caractères.",
            "Save the file as UTF-8 again, or write these characters again.",
        ),
    ),
    "not-json": Message(
        Text("Cette ligne n'est pas du JSON.", "This line is not JSON."),
        Text("Corrigez sa syntaxe.", "Correct its syntax."),
    ),
    "not-a-record": Message(
        Text(
            "Cet élément n'est pas une fiche : un objet JSON est attendu.",
            "This item is not a record: a JSON object is expected.",
        ),
        Text("Écrivez-le comme un objet { … }.", "Write it as an object { … }."),
    ),
    "entry-open": Message(
        Text(
            "Cet événement commence par BEGIN:VEVENT et n'a pas de END:VEVENT.",
            "This event begins with BEGIN:VEVENT and has no END:VEVENT.",
        ),
        Text(
            "Exportez l'agenda à nouveau, ou ajoutez END:VEVENT.",
            "Export the calendar again, or add END:VEVENT.",
        ),
    ),
    "entry-malformed": Message(
        Text("Cet événement ne se lit pas ({}).", "This event cannot be read ({})."),
        Text("Corrigez-le dans l'agenda.", "Correct it in the calendar."),
    ),
    "entry-date": Message(
        Text(
            "Cet événement n'a pas de début (DTSTART) qui se lise.",
            "This event has no start (DTSTART) that can be read.",
        ),
        Text(
            "Écrivez-le 20261105T190000Z, ou 20261105 pour un jour entier.",
            "Write it 20261105T190000Z, or 20261105 for a whole day.",
        ),
    ),
    "too-long": Message(
        Text("Cette ligne est trop longue pour être lue.", "This line is too long to be read."),
        Text(
            "Cherchez un guillemet qui n'est pas fermé plus haut.",
            "Look for a quote that is not closed above.",
        ),
    ),
    "statement": Message(
        Text("Cette déclaration RDF est mal formée.", "This RDF statement is malformed."),
        Text(
            "Corrigez sa syntaxe ; le reste du fichier est lu.",
            "Correct its syntax; the rest of the file is read.",
        ),
    ),
    "iri": Message(
        Text(
            "Une adresse (IRI) a un espace ou un signe interdit.",
            "An address (IRI) has a blank or a forbidden sign.",
        ),
        Text(
            "Retirez l'espace ou codez le signe, par exemple %20.",
            "Remove the blank or encode the sign, for example %20.",
        ),
    ),
}
DEPENDS_ON_REJECTED: Final = Message(
    Text(
        "Cette ligne dépend d'une fiche qui est refusée.",
        "This line depends on a record that is refused.",
    ),
    Text("Corrigez d'abord cette fiche.", "Correct that record first."),
)
LINK_DROPPED: Final = Message(
    Text(
        "Ce lien est laissé de côté, car la fiche qu'il désigne est refusée.",
        "This link is left out, since the record it names is refused.",
    ),
    Text("Corrigez d'abord cette fiche.", "Correct that record first."),
)
OWN_FIRST: Final = Text(
    "Une autre source donne une autre valeur. Toutes sont gardées, chacune avec sa source ; celle "
    "de cette ligne est montrée en premier.",
    "Another source gives another value. All are kept, each with its source; that of this line is "
    "shown first.",
)
OTHER_FIRST: Final = Text(
    "Une autre source donne une autre valeur. Toutes sont gardées, chacune avec sa source ; celle "
    "de l'autre source est montrée en premier.",
    "Another source gives another value. All are kept, each with its source; that of the other "
    "source is shown first.",
)
LIKELY_SAME: Final = Text(
    "Une autre fiche du même endroit a le même nom, à la casse, aux accents ou aux signes près : "
    "c'est peut-être la même. Donnez-lui la même clé, ou précisez les noms.",
    "Another record of the same place has the same name but for case, accents or signs: it may be "
    "the same one. Give it the same key, or make the names more precise.",
)
PUBLISHED_OTHERWISE: Final = Text(
    "La version publiée dit autre chose, d'après une autre source. Rien n'est refusé : toutes les "
    "valeurs seraient gardées, chacune avec sa source.",
    "The published release says otherwise, by another source. Nothing is refused: all values would "
    "be kept, each with its source.",
)
SOURCES_DISAGREE: Final = Text(
    "Constaté en réunissant les sources, aucune n'étant fautive à elle seule ; tout est gardé.",
    "Found by putting the sources together, none of them being at fault by itself; all is kept.",
)


def get_unusable_message(problem: str, value: str) -> Message:
    """The message for a row that was rejected before the validation.

    A problem is a code, and after a blank what should have been there.
    """
    if problem == "line-malformed":
        code, _, detail = value.partition(" ")
        message = MALFORMED_MESSAGES.get(code, UNUSABLE_MESSAGES[problem])
        return Message(_fill_text(message.text, detail), message.advice) if detail else message
    code, _, detail = problem.partition(" ")
    message = UNUSABLE_MESSAGES.get(code, UNUSABLE_MESSAGES["line-malformed"])
    return Message(message.text, _fill_text(message.advice, detail)) if detail else message


def _fill_text(text: Text, detail: str) -> Text:
    return Text(text.fr.replace("{}", detail), text.en.replace("{}", detail))
