"""Hypothesis strategies: small shapes graphs over all of SHACL Core, and data to hold to them."""

from hypothesis import strategies as st

PROLOGUE = """@prefix : <http://e/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
PREDICATES = [":p", ":q", ":r"]
CLASSES = [":A", ":B", ":C"]
NODES = [":n0", ":n1", ":n2", ":n3", ":n4"]
BLANKS = ["_:b0", "_:b1"]
NUMBERS = [
    "0", "1", "2", "5", "-3", "1.5", "5.0", "0.1", "1e0", "5e0", '"1"^^xsd:float',
    '"0.1"^^xsd:double', '"NaN"^^xsd:double', '"INF"^^xsd:double', '"01"^^xsd:integer',
    '"99999999999999999999"^^xsd:integer', '"5"^^xsd:byte', '"1_0"^^xsd:integer', "1.50", "+5",
    '"005"^^xsd:nonNegativeInteger', '"-0"^^xsd:integer',
]  # fmt: skip
DATES = [
    '"2020-01-01"^^xsd:date', '"2020-01-02"^^xsd:date', '"2020-12-31"^^xsd:date',
    '"2020-01-01Z"^^xsd:date', '"0000-01-01"^^xsd:date', '"2020-01-01T00:00:00"^^xsd:dateTime',
    '"2020-01-01T00:00:00Z"^^xsd:dateTime', '"2020-01-01T12:00:00+02:00"^^xsd:dateTime',
    '"2020-01-01T24:00:00"^^xsd:dateTime', '"2020"^^xsd:gYear', '"2021"^^xsd:gYear',
    '"2020-05"^^xsd:gYearMonth', '"10:00:00"^^xsd:time', '"P1Y"^^xsd:duration',
    '"12020-01-01T00:00:00"^^xsd:dateTime', '"2020-01-01T00:00:00.5"^^xsd:dateTime',
    '"2020-01-01T00:00:00.0"^^xsd:dateTime', '"2020-01-01T00:00:00+00:00"^^xsd:dateTime',
    '"2020-01-01T00:00:00Z"^^xsd:dateTimeStamp', '"P12M"^^xsd:duration',
]  # fmt: skip
TEXTS = [
    '"a"', '"b"', '"abc"', '""', '"a"@fr', '"b"@fr', '"a"@en', '"a"@fr-CA', '"é"', '"A"', '"b\\n"',
    '" x "', '"a  b"^^xsd:token', '"a b"^^xsd:token', '"12"', '"x²"', '"İ"', '"ſ"', '"a\\u001c"',
    '"http://e/n0"^^xsd:anyURI', '"a"^^:own', '"b"^^:own',
]  # fmt: skip
WRONG = [
    '"x"^^xsd:integer', '"x"^^xsd:date', '"2020-02-30"^^xsd:date', '"yes"^^xsd:boolean',
    '"1.5"^^xsd:integer', '"x"^^xsd:dateTime', "true", "false", '"1"^^xsd:boolean',
]  # fmt: skip
LITERALS = [*NUMBERS, *DATES, *TEXTS, *WRONG]
DATATYPES = [
    "xsd:integer", "xsd:decimal", "xsd:double", "xsd:float", "xsd:string", "xsd:boolean",
    "xsd:date", "xsd:dateTime", "xsd:gYear", "xsd:time", "xsd:token", "xsd:anyURI", "xsd:duration",
    "rdf:langString", "rdfs:Literal", "rdfs:Datatype", "xsd:byte", ":own", "xsd:dateTimeStamp",
]  # fmt: skip
PATTERNS = [
    "a", "^a", "b$", "^[a-z]+$", "[0-9]{2}", "^.$", "\\\\d", "\\\\w\\\\w", "\\\\s", "^\\\\S+$",
    "(?=a)a", "a|b", "^$", "[^a]", "(?i)A", "a{,2}b", "\\\\.", "^http", "[[]", "(ab)+c",
]  # fmt: skip
KINDS = ["IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"]

node = st.sampled_from([*NODES, *NODES, *NODES, *BLANKS])
literal = st.sampled_from(LITERALS)
predicate = st.sampled_from(PREDICATES)
counts = st.sampled_from(["0", "1", "2", "3"])


@st.composite
def data(draw: st.DrawFn) -> str:
    """A Turtle text of a few dozen triples at most."""
    common = draw(st.lists(st.one_of(node, literal), min_size=2, max_size=6))
    values = st.sampled_from(common) | node | literal
    said = draw(st.lists(st.tuples(node, predicate, values), min_size=6, max_size=18))
    typed = draw(
        st.lists(st.tuples(node, st.just("a"), st.sampled_from(CLASSES)), min_size=3, max_size=8)
    )
    below = st.tuples(
        st.sampled_from(CLASSES), st.just("rdfs:subClassOf"), st.sampled_from(CLASSES)
    )
    classes = draw(st.lists(below, max_size=2))
    lines = [f"{s} {p} {o} ." for s, p, o in [*said, *typed, *classes]]
    return "\n".join(lines)


def paths(depth: int = 2) -> st.SearchStrategy[str]:
    """A property path in Turtle."""
    simple = predicate
    if depth == 0:
        return simple
    inner = paths(depth - 1)
    several = st.lists(inner, min_size=2, max_size=2).map(" ".join)
    return st.one_of(
        simple,
        simple,
        inner.map(lambda path: f"[ sh:inversePath {path} ]"),
        several.map(lambda items: f"( {items} )"),
        several.map(lambda items: f"[ sh:alternativePath ( {items} ) ]"),
        inner.map(lambda path: f"[ sh:zeroOrMorePath {path} ]"),
        inner.map(lambda path: f"[ sh:oneOrMorePath {path} ]"),
        inner.map(lambda path: f"[ sh:zeroOrOnePath {path} ]"),
    )


QUERIES = [
    "$this P ?value",
    "$this P ?value . FILTER (?value > 1)",
    "$this P ?value . FILTER (?value != 1)",
    "$this P ?value . FILTER (?value = 0.1)",
    "$this P ?value ; Q ?other . FILTER (?value >= ?other)",
    "$this P ?value . FILTER NOT EXISTS { $this Q ?value }",
    "FILTER NOT EXISTS { $this P/Q ?x }",
    "$this P ?value . FILTER NOT EXISTS { ?value Q ?x . FILTER (?x > 0) }",
    "?value P $this",
    "$this P+ ?value . ?value Q ?x",
    "$this P ?value . FILTER regex(str(?value), 'a')",
    "$this P ?value . FILTER (isLiteral(?value) && lang(?value) != 'fr')",
    "$this P ?value . FILTER (datatype(?value) != <http://www.w3.org/2001/XMLSchema#string>)",
    "{ $this P ?value } UNION { $this Q ?value . FILTER (strlen(str(?value)) > 2) }",
    "$this P ?x OPTIONAL { $this Q ?y } FILTER (!bound(?y) || ?x = ?y)",
    "$this (P|^Q)* ?value . ?value P 5",
    "?value P ?x . ?x Q $this . FILTER (?value != $this)",
    "$this P ?x . ?value P ?x . ?value Q ?y",
    "$this ?path ?value . FILTER (isIRI(?value))",
    "?x P ?y . $this Q ?y . BIND (str(?y) AS ?value)",
    "$this P ?x BIND (?x + 1 AS ?value) FILTER (?value < 3)",
    "?value Q 1 . $this P 1",
]
queries = st.tuples(st.sampled_from(QUERIES), st.permutations(["p", "q"])).map(
    lambda pair: (
        'sh:sparql [ sh:select "SELECT $this ?value ?path WHERE { '
        + pair[0]
        .replace("P ", f"<http://e/{pair[1][0]}> ")
        .replace("P/Q", f"<http://e/{pair[1][0]}>/<http://e/{pair[1][1]}>")
        .replace("P+", f"<http://e/{pair[1][0]}>+")
        .replace("(P|^Q)", f"(<http://e/{pair[1][0]}>|^<http://e/{pair[1][1]}>)")
        .replace("Q ", f"<http://e/{pair[1][1]}> ")
        + ' }" ]'
    )
)
on_a_term = st.one_of(
    st.sampled_from(CLASSES).map(lambda c: f"sh:class {c}"),
    st.sampled_from(DATATYPES).map(lambda d: f"sh:datatype {d}"),
    st.sampled_from(KINDS).map(lambda k: f"sh:nodeKind sh:{k}"),
    st.tuples(
        st.sampled_from(["minInclusive", "minExclusive", "maxInclusive", "maxExclusive"]),
        st.sampled_from([*NUMBERS, *DATES, '"a"', '"b"', "true"]),
    ).map(lambda pair: f"sh:{pair[0]} {pair[1]}"),
    counts.map(lambda n: f"sh:minLength {n}"),
    counts.map(lambda n: f"sh:maxLength {n}"),
    st.tuples(st.sampled_from(PATTERNS), st.sampled_from(["", "i", "m", "s"])).map(
        lambda pair: f'sh:pattern "{pair[0]}"' + (f' ; sh:flags "{pair[1]}"' if pair[1] else "")
    ),
    st.lists(
        st.sampled_from(['"fr"', '"en"', '"fr-CA"', '"FR"', '"*"']), min_size=1, max_size=2
    ).map(lambda tags: f"sh:languageIn ( {' '.join(tags)} )"),
    st.lists(st.one_of(st.sampled_from(NODES), literal), min_size=1, max_size=4).map(
        lambda items: f"sh:in ( {' '.join(items)} )"
    ),
    st.one_of(st.sampled_from(NODES), literal).map(lambda value: f"sh:hasValue {value}"),
    predicate.map(lambda p: f"sh:equals {p}"),
    predicate.map(lambda p: f"sh:disjoint {p}"),
)
REQUIRED = 'sh:minCount 1 ; sh:message "non"@fr, "no"@en-GB, "not"@en-GB, "nope"'
on_values = st.one_of(
    *[st.just(REQUIRED)] * 2,
    *[counts.map(lambda n: f"sh:minCount {n}")] * 2,
    *[counts.map(lambda n: f"sh:maxCount {n}")] * 2,
    *[st.just("sh:uniqueLang true")] * 2,
    predicate.map(lambda p: f"sh:lessThan {p}"),
    predicate.map(lambda p: f"sh:lessThanOrEquals {p}"),
)


@st.composite
def nested(draw: st.DrawFn, depth: int, on_path: bool) -> str:
    """A constraint that names other shapes."""
    inner = shapes(depth - 1)
    kinds = ["and", "or", "xone", "not", "node", *["property"] * 5, "closed", "sparql"]
    kind = draw(st.sampled_from([*kinds, "qualified", "qualified"] if on_path else kinds))
    if kind in ("and", "or", "xone"):
        return f"sh:{kind} ( {' '.join(draw(st.lists(inner, min_size=1, max_size=3)))} )"
    if kind == "not":
        return f"sh:not {draw(inner)}"
    if kind == "node":
        return f"sh:node {draw(node_shapes(depth - 1))}"
    if kind == "property":
        return f"sh:property {draw(property_shapes(depth - 1))}"
    if kind == "sparql":
        return draw(queries)
    if kind == "closed":
        ignored = draw(st.lists(st.sampled_from([*PREDICATES, "rdf:type"]), max_size=3))
        return f"sh:closed true ; sh:ignoredProperties ( {' '.join(ignored)} )"
    limits = draw(st.sampled_from(["sh:qualifiedMinCount", "sh:qualifiedMaxCount"]))
    disjoint = draw(st.sampled_from(["", "; sh:qualifiedValueShapesDisjoint true"]))
    return f"sh:qualifiedValueShape {draw(inner)} ; {limits} {draw(counts)} {disjoint}"


@st.composite
def _body(draw: st.DrawFn, depth: int, on_path: bool) -> list[str]:
    """The constraints of a shape, none twice: pyshacl refuses most that are."""
    sorts = ["term", *(["values"] * 2 if on_path else []), *(["nested"] * 3 if depth else [])]
    found: dict[str, str] = {}
    for sort in draw(st.lists(st.sampled_from(sorts), min_size=1 + (depth > 0), max_size=4)):
        part = draw(
            {"term": on_a_term, "values": on_values, "nested": nested(depth, on_path)}[sort]
        )
        found.setdefault(part.split()[0], part)
    return [*found.values(), *draw(st.sampled_from(EXTRAS))]


EXTRAS: list[list[str]] = [
    [], [], [], [], ["sh:severity sh:Warning"], ['sh:message "non"@fr, "no"@en'],
    ["sh:deactivated true"], ['sh:message "nope"', "sh:severity :Own"],
]  # fmt: skip


def node_shapes(depth: int) -> st.SearchStrategy[str]:
    """A blank node shape, or the name of one. None is recursive: SHACL leaves that undefined."""
    written = _body(depth, False).map(lambda parts: f"[ {' ; '.join(parts)} ]")
    return st.one_of(written, written, st.sampled_from([":H0", ":H1"]))


def property_shapes(depth: int) -> st.SearchStrategy[str]:
    """A blank property shape."""
    return st.tuples(paths(), _body(depth, True)).map(
        lambda pair: f"[ {' ; '.join([f'sh:path {pair[0]}', *pair[1]])} ]"
    )


def shapes(depth: int) -> st.SearchStrategy[str]:
    """A blank shape of either kind, or the name of one."""
    return st.one_of(node_shapes(depth), property_shapes(depth))


targets = st.one_of(
    st.sampled_from(CLASSES).map(lambda c: f"sh:targetClass {c}"),
    st.sampled_from([*NODES, ":absent", '"a"', "5"]).map(lambda n: f"sh:targetNode {n}"),
    predicate.map(lambda p: f"sh:targetSubjectsOf {p}"),
    predicate.map(lambda p: f"sh:targetObjectsOf {p}"),
)


@st.composite
def shapes_graph(draw: st.DrawFn) -> str:
    """A Turtle text of two named shapes, the second one possibly a class or a property shape."""
    texts = [
        f":H0 a sh:NodeShape ; {' ; '.join(draw(_body(0, False)))} .",
        f":H1 sh:property {draw(property_shapes(0))} .",
    ]
    for name, types in ((":S0", "sh:NodeShape"), (":S1", "sh:NodeShape, rdfs:Class")):
        parts = draw(_body(2, False))
        aimed = draw(st.lists(targets, min_size=1, max_size=2))
        texts.append(f"{name} a {types} ; {' ; '.join([*aimed, *parts])} .")
    if draw(st.sampled_from([True, True, False])):
        path, parts = draw(paths()), draw(_body(1, True))
        texts.append(f":S2 sh:path {path} ; {' ; '.join([draw(targets), *parts])} .")
    return "\n".join(texts)
