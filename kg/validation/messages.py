"""Result messages: a sentence and advice for each validation result, the shape's own first."""

from typing import Final

from kg.kinds import Text
from kg.namespaces import shorten
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.terms import parse_term
from kg.validation.constraint_phrases import (
    ConstraintPhrase,
    fill_text,
    format_term,
    get_parameter,
    has_own_messages,
    write_constraint_phrase,
)

VALUE_MUST: Final = Text("La valeur doit {}.", "The value must {}.")
RECORD_MUST: Final = Text("La fiche doit {}.", "The record must {}.")
COUNT_MESSAGES: Final = {
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
ADVICE_BY_PARAMETER: Final = {
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
FIXED_SENTENCES: Final = {
    "uniqueLang": Text(
        "Il y a plusieurs textes dans la même langue.", "There are several texts in one language."
    ),
    "closed": Text(
        "La propriété {} n'est pas prévue ici.", "The property {} is not expected here."
    ),
}
FALLBACK_MESSAGE: Final = Text(
    "La fiche ne respecte pas la forme.", "The record does not fit its shape."
)
FALLBACK_ADVICE: Final = Text("Corrigez la valeur à la source.", "Correct the value at its source.")


def write_sentence(result: ValidationResult, shapes: Shapes) -> Text:
    """The problem in one sentence: the message of the shape where it has one."""
    if _has_own_message(result, shapes):
        return Text(result.get_message("fr"), result.get_message("en"))
    shape, parameter = shapes.by_node.get(parse_term(result.shape)), get_parameter(result.component)
    sentence = _write_constraint_sentence(result, shapes, shape, parameter) if shape else None
    if sentence is not None:
        return sentence
    detail = result.get_message("")
    return (
        Text(f"{FALLBACK_MESSAGE.fr} ({detail})", f"{FALLBACK_MESSAGE.en} ({detail})")
        if detail
        else FALLBACK_MESSAGE
    )


def write_advice(result: ValidationResult, shapes: Shapes) -> Text:
    """The advice; empty where the shape has a message of its own."""
    if _has_own_message(result, shapes):
        return Text("", "")
    return ADVICE_BY_PARAMETER.get(get_parameter(result.component), FALLBACK_ADVICE)


def _has_own_message(result: ValidationResult, shapes: Shapes) -> bool:
    return bool({"fr", "en"} & result.messages.keys()) or has_own_messages(
        shapes, parse_term(result.shape)
    )


def _write_constraint_sentence(
    result: ValidationResult, shapes: Shapes, shape: Shape, parameter: str
) -> Text | None:
    if parameter in FIXED_SENTENCES:
        return fill_text(FIXED_SENTENCES[parameter], shorten(result.path or ""))
    if parameter in COUNT_MESSAGES:
        return _write_count_sentence(shapes, shape, parameter)
    if parameter == "hasValue":
        named = ", ".join(map(format_term, shape.parameters.get(parameter, ())))
        return fill_text(Text("Il manque la valeur {}.", "The value {} is missing."), named)
    wanted = write_constraint_phrase(shapes, shape, parameter)
    frame = RECORD_MUST if result.path is None else VALUE_MUST
    return None if wanted is None else _fill_frame(frame, wanted)


def _write_count_sentence(shapes: Shapes, shape: Shape, parameter: str) -> Text:
    number = ", ".join(map(format_term, shape.parameters.get(parameter, ())))
    sentence = fill_text(COUNT_MESSAGES[parameter][number != "1"], number)
    if not parameter.startswith("qualified"):
        return sentence
    kind = write_constraint_phrase(shapes, shape, "qualifiedValueShape")
    if kind is None:
        return Text(sentence.fr + ".", sentence.en + ".")
    return Text(f"{sentence.fr} : elle doit {kind.fr}.", f"{sentence.en}: it must {kind.en}.")


def _fill_frame(frame: Text, wanted: ConstraintPhrase) -> Text:
    return Text(frame.fr.replace("{}", wanted.fr), frame.en.replace("{}", wanted.en))
