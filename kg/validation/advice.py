"""What each result means for a person, and what to do: in the shape's words where it has some."""

from typing import Final

from kg.kinds import Text
from kg.namespaces import shorten
from kg.validation.conditions import (
    Condition,
    condition,
    filled,
    own_messages,
    parameter_of,
    plain,
)
from kg.validation.results import Result
from kg.validation.shapes import Shape, Shapes
from kg.validation.terms import parse

MUST: Final = Text("La valeur doit {}.", "The value must {}.")
RECORD_MUST: Final = Text("La fiche doit {}.", "The record must {}.")
COUNTS: Final = {
    "minCount": (
        Text("Il manque une valeur.", "A value is missing."),
        Text("Il faut au moins {} valeurs.", "At least {} values are needed."),
    ),
    "maxCount": (
        Text("Il y a plusieurs valeurs, une seule est permise.", "Several values, one is allowed."),
        Text("Il y a plus de {} valeurs.", "There are more than {} values."),
    ),
    "qualifiedMinCount": (
        Text("Il manque une valeur de cette sorte", "A value of this sort is missing"),
        Text("Il faut au moins {} valeurs de cette sorte", "At least {} of this sort are needed"),
    ),
    "qualifiedMaxCount": (
        Text("Une seule valeur de cette sorte est permise", "One value of this sort is allowed"),
        Text("Il y a plus de {} valeurs de cette sorte", "There are more than {} of this sort"),
    ),
}
ADVICE: Final = {
    "minCount": Text("Ajoutez la valeur.", "Add the value."),
    "hasValue": Text("Ajoutez la valeur demandée.", "Add the value asked for."),
    "maxCount": Text("Retirez les valeurs en trop.", "Remove the values that are too many."),
    "uniqueLang": Text("Gardez un seul texte par langue.", "Keep one text for each language."),
    "class": Text(
        "Corrigez la clé, ou ajoutez la fiche qu'elle désigne.",
        "Correct the key, or add the record it names.",
    ),
    "closed": Text("Retirez cette propriété.", "Remove this property."),
    "in": Text("Prenez une valeur de la liste.", "Take a value of the list."),
    "pattern": Text("Récrivez la valeur sous cette forme.", "Write the value in this form."),
    "datatype": Text("Récrivez la valeur sous cette forme.", "Write the value in this form."),
    "maxLength": Text("Raccourcissez le texte.", "Shorten the text."),
    "minLength": Text("Complétez le texte.", "Complete the text."),
    "languageIn": Text("Corrigez la langue du texte.", "Correct the language of the text."),
    "lessThan": Text("Vérifiez l'ordre des deux valeurs.", "Check the order of the two values."),
    "lessThanOrEquals": Text(
        "Vérifiez l'ordre des deux valeurs.", "Check the order of the two values."
    ),
    "qualifiedMinCount": Text("Ajoutez la valeur demandée.", "Add the value asked for."),
    "qualifiedMaxCount": Text(
        "Retirez les valeurs en trop.", "Remove the values that are too many."
    ),
}
ALWAYS: Final = {
    "uniqueLang": Text(
        "Il y a plusieurs textes dans la même langue.", "There are several texts in one language."
    ),
    "closed": Text(
        "La propriété {} n'est pas prévue ici.", "The property {} is not expected here."
    ),
}
OTHERWISE: Final = Text("La fiche ne respecte pas la forme.", "The record does not fit its shape.")
CORRECT: Final = Text("Corrigez la valeur à la source.", "Correct the value at its source.")


def sentence(result: Result, shapes: Shapes) -> Text:
    """What is wrong, in one sentence: the shape's own words where it has some."""
    if _own(result, shapes):
        return Text(result.message("fr"), result.message("en"))
    shape, parameter = shapes.by_node.get(parse(result.shape)), parameter_of(result.component)
    told = _told(result, shapes, shape, parameter) if shape else None
    if told is not None:
        return told
    detail = result.message("")
    return Text(f"{OTHERWISE.fr} ({detail})", f"{OTHERWISE.en} ({detail})") if detail else OTHERWISE


def advice(result: Result, shapes: Shapes) -> Text:
    """What to do; empty where the shape's own words say it already."""
    if _own(result, shapes):
        return Text("", "")
    return ADVICE.get(parameter_of(result.component), CORRECT)


def _own(result: Result, shapes: Shapes) -> bool:
    return bool({"fr", "en"} & result.messages.keys()) or own_messages(shapes, parse(result.shape))


def _told(result: Result, shapes: Shapes, shape: Shape, parameter: str) -> Text | None:
    if parameter in ALWAYS:
        return filled(ALWAYS[parameter], shorten(result.path or ""))
    if parameter in COUNTS:
        return _counted(shapes, shape, parameter)
    if parameter == "hasValue":
        named = ", ".join(map(plain, shape.parameters.get(parameter, ())))
        return filled(Text("Il manque la valeur {}.", "The value {} is missing."), named)
    wanted = condition(shapes, shape, parameter)
    frame = RECORD_MUST if result.path is None else MUST
    return None if wanted is None else _within(frame, wanted)


def _counted(shapes: Shapes, shape: Shape, parameter: str) -> Text:
    number = ", ".join(map(plain, shape.parameters.get(parameter, ())))
    told = filled(COUNTS[parameter][number != "1"], number)
    if not parameter.startswith("qualified"):
        return told
    kind = condition(shapes, shape, "qualifiedValueShape")
    if kind is None:
        return Text(told.fr + ".", told.en + ".")
    return Text(f"{told.fr} : elle doit {kind.fr}.", f"{told.en}: it must {kind.en}.")


def _within(frame: Text, wanted: Condition) -> Text:
    return Text(frame.fr.replace("{}", wanted.fr), frame.en.replace("{}", wanted.en))
