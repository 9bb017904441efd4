"""Shapes from elsewhere, without a word for people: each constraint read with its parameters."""

import pytest

from kg.shacl.validator import validate_store
from kg.validation.messages import write_advice, write_sentence
from tests.shacl.graphs import shapes_of, store_of

DATA = ':a a :C ; :p "x" . :b a :C ; :p 7 , 8 . :c a :C .'


@pytest.mark.parametrize(
    ("constraint", "component", "french", "english"),
    [
        ("sh:minCount 1", "MinCount", "Il manque une valeur.", "A value is missing."),
        ("sh:minCount 3", "MinCount", "au moins 3 valeurs", "At least 3 values"),
        ("sh:maxCount 1", "MaxCount", "une seule est permise", "one is allowed"),
        ("sh:datatype xsd:integer", "Datatype", "un nombre entier", "a whole number"),
        ('sh:pattern "^[0-9]{5}$"', "Pattern", "la forme ^[0-9]{5}$", "the form ^[0-9]{5}$"),
        ('sh:in ( "a" "b" )', "In", "l'une de : a, b", "one of: a, b"),
        ("sh:minInclusive 9", "MinInclusive", "au moins 9", "at least 9"),
        ("sh:maxLength 0", "MaxLength", "au plus 0 caractères", "at most 0 characters"),
        ('sh:languageIn ( "fr" )', "LanguageIn", "ces langues : fr", "one of: fr"),
        ("sh:class schema:Event", "Class", "de nature schema:Event", "kind schema:Event"),
        ("sh:nodeKind sh:IRI", "NodeKind", "une adresse (IRI)", "an address (IRI)"),
        ('sh:hasValue "z"', "HasValue", "la valeur z", "value z is missing"),
        (
            "sh:or ( [ sh:datatype xsd:date ] [ sh:class schema:Event ] )",
            "Or",
            "une date, par exemple 2015-03-01 ou désigner",
            "a date, for example 2015-03-01 or name",
        ),
        ("sh:not [ sh:datatype xsd:string ]", "Not", "ne pas être un texte", "not be a text"),
        (
            "sh:qualifiedValueShape [ sh:class schema:Event ] ; sh:qualifiedMinCount 1",
            "QualifiedMinCount",
            "elle doit désigner une fiche de nature schema:Event",
            "it must name a record of kind schema:Event",
        ),
    ],
)
def test_a_constraint_reads_well_with_its_parameters(
    constraint: str, component: str, french: str, english: str
) -> None:
    text = f":S sh:targetClass :C ; sh:property [ sh:path :p ; {constraint} ] ."
    shapes = shapes_of("@prefix schema: <https://schema.org/> .\n" + text)
    result = next(
        r for r in validate_store(store_of(DATA), shapes).results if f"#{component}C" in r.component
    )
    told = write_sentence(result, shapes)
    assert french in told.fr
    assert english in told.en
    assert told.fr.endswith(".")
    assert write_advice(result, shapes).fr


def test_the_message_of_a_long_list_has_its_first_values() -> None:
    items = " ".join(f'"v{n}"' for n in range(40))
    shapes = shapes_of(f":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:in ( {items} ) ] .")
    result = validate_store(store_of(DATA), shapes).results[0]
    assert "(40 valeurs, par exemple v0, v1, v2)" in write_sentence(result, shapes).fr


def test_a_shape_that_speaks_is_left_to_speak() -> None:
    shapes = shapes_of(
        ':S sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount 1 ; sh:message "Say p." ] .'
    )
    (result,) = validate_store(store_of(DATA), shapes).results
    assert write_sentence(result, shapes).fr == write_sentence(result, shapes).en == "Say p."
    assert write_advice(result, shapes).en == ""
