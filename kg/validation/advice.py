"""What each constraint component means for a person, and what to do, for shapes that do not say."""

from typing import Final

from kg.kinds import Text
from kg.validation.results import Result
from kg.validation.vocabulary import SHACL

PROBLEMS: Final = {
    "MinCount": Text("Il manque une valeur.", "A value is missing."),
    "MaxCount": Text("Il y a trop de valeurs.", "There are too many values."),
    "Datatype": Text(
        "La valeur n'a pas la forme attendue.", "The value does not have the right form."
    ),
    "Class": Text(
        "La valeur ne désigne pas une fiche de la nature attendue.",
        "The value does not name a record of the expected kind.",
    ),
    "NodeKind": Text(
        "La valeur n'est pas de la sorte attendue (adresse ou texte).",
        "The value is not of the expected sort (an address or a text).",
    ),
    "MinLength": Text("Le texte est trop court.", "The text is too short."),
    "MaxLength": Text("Le texte est trop long.", "The text is too long."),
    "Pattern": Text(
        "Le texte n'a pas la forme attendue.", "The text does not have the right form."
    ),
    "LanguageIn": Text(
        "Le texte n'est pas dans une langue attendue.", "The text is not in an expected language."
    ),
    "UniqueLang": Text(
        "Il y a plusieurs textes dans la même langue.", "There are several texts in one language."
    ),
    "MinInclusive": Text("La valeur est trop petite.", "The value is too small."),
    "MinExclusive": Text("La valeur est trop petite.", "The value is too small."),
    "MaxInclusive": Text("La valeur est trop grande.", "The value is too large."),
    "MaxExclusive": Text("La valeur est trop grande.", "The value is too large."),
    "In": Text(
        "La valeur n'est pas dans la liste permise.", "The value is not in the allowed list."
    ),
    "HasValue": Text("Une valeur obligatoire manque.", "A required value is missing."),
    "Equals": Text(
        "Deux propriétés qui doivent être égales diffèrent.", "Two values must be equal."
    ),
    "Disjoint": Text("Deux propriétés ne peuvent avoir la même valeur.", "Two values must differ."),
    "LessThan": Text(
        "Les deux valeurs sont dans le mauvais ordre.", "Two values are out of order."
    ),
    "LessThanOrEquals": Text(
        "Les deux valeurs sont dans le mauvais ordre.", "Two values are out of order."
    ),
    "Closed": Text("La propriété n'est pas prévue ici.", "The property is not expected here."),
    "QualifiedMinCount": Text(
        "Il manque une valeur de cette sorte.", "Too few values of this sort."
    ),
    "QualifiedMaxCount": Text("Il y a trop de valeurs de cette sorte.", "Too many of this sort."),
}
ADVICE: Final = {
    "MinCount": Text("Remplissez la cellule.", "Fill the cell."),
    "HasValue": Text("Ajoutez la valeur demandée.", "Add the value asked for."),
    "MaxCount": Text("Gardez une seule valeur.", "Keep one value."),
    "Class": Text(
        "Corrigez la clé, ou ajoutez la fiche qu'elle désigne.",
        "Correct the key, or add the record it names.",
    ),
    "Closed": Text("Retirez cette propriété.", "Remove this property."),
    "In": Text("Prenez une valeur de la liste.", "Take a value of the list."),
    "LessThan": Text("Vérifiez l'ordre des deux valeurs.", "Check the order of the two values."),
    "LessThanOrEquals": Text(
        "Vérifiez l'ordre des deux valeurs.", "Check the order of both values."
    ),
}
OTHERWISE: Final = Text("La fiche ne respecte pas la forme.", "The record does not fit its shape.")
CORRECT: Final = Text("Corrigez la valeur à la source.", "Correct the value at its source.")


def sentence(result: Result) -> Text:
    """What is wrong, in one sentence: the shape's own words where it has some."""
    own, known = result.messages, PROBLEMS.get(_name(result), OTHERWISE)
    if not ({"fr", "en"} & own.keys()):
        detail = own.get("", "")
        return Text(f"{known.fr} ({detail})", f"{known.en} ({detail})") if detail else known
    return Text(own.get("fr") or result.message("fr"), own.get("en") or result.message("en"))


def advice(result: Result) -> Text:
    """What to do; empty where the shape's own words say it already."""
    if {"fr", "en"} & result.messages.keys():
        return Text("", "")
    return ADVICE.get(_name(result), CORRECT)


def _name(result: Result) -> str:
    return result.component.removeprefix(SHACL).removesuffix("ConstraintComponent")
