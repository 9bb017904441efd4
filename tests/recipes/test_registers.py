"""What the recipes of registers make of small files, written in the format of each register."""

import textwrap
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.errors import SourceError
from kg.namespaces import ID, expand
from tests.recipes.conftest import CheckRecipe, RecipeGraph, count_rows

SIRENE = "ess/sirene-format"


def test_sirene_legal_units(recipe_graph: RecipeGraph) -> None:
    source = "sirene-legal-units"
    assert recipe_graph.list_keys(source, "organisation") == [
        "siren-010000016",  # the zero of the number was lost
        "siren-120027016",  # INSEE, who says that they are of the ESS
        "siren-900000019",
        "siren-900000027",
        "siren-900000035",
    ]
    association = recipe_graph.describe(source, "organisation/siren-900000019")
    assert association["skos:prefLabel"] == ["Association des Tiers-Lieux du Nord"]
    assert association["legal:legalName"] == ["ASSOCIATION DES TIERS-LIEUX DU NORD"]
    assert association["skos:altLabel"] == ["La Grange"]
    assert association["ess:foundedOn"] == ["2015-03-01"]
    assert association["org:classification"] == ["organisation-kind/association"]
    assert association["legal:companyType"] == ["cj/9220"]
    assert association["legal:companyActivity"] == ["nafr2/94.99Z"]
    assert "ess:dissolvedOn" not in association
    assert association["ess:activity2025"] == ["naf2025/94.99Y"]
    assert recipe_graph.list_identifiers(source, "organisation/siren-900000019") == [
        "rna-W591000019",
        "siren-900000019",
    ]
    closed = recipe_graph.describe(source, "organisation/siren-900000027")
    assert closed["ess:dissolvedOn"] == ["2020-12-31"]
    assert "ess:foundedOn" not in closed  # 1900-01-01 is not known
    assert "legal:companyActivity" not in closed  # a code of an older nomenclature
    assert "ess:essForm" not in closed  # marked as ESS, of no form that its category tells
    scop = recipe_graph.describe(source, "organisation/siren-900000035")
    assert scop["org:classification"] == ["organisation-kind/cooperative"]
    assert scop["ess:essForm"] == ["ess-form/scop"]
    mutual = recipe_graph.describe(source, "organisation/siren-010000016")
    assert mutual["ess:essForm"] == ["ess-form/mutual"]


def test_sirene_legal_units_of_insee(check_recipe: CheckRecipe) -> None:
    # three sole traders, and a company of no form of the ESS
    file = "ess/sirene-format/StockUniteLegale.anonymised.csv"
    with (
        pytest.raises(SourceError, match="no records"),
        check_recipe("sirene-legal-units", file),
    ):
        pass


def test_list_of_digital_ess(recipe_graph: RecipeGraph) -> None:
    source = "ess-numerique"
    assert recipe_graph.list_keys(source, "organisation") == [
        "ess-france",
        "siren-010000016",
        "siren-120027016",
        "siren-900000035",
    ]
    key = "organisation/siren-010000016"
    association = recipe_graph.describe(source, key)
    assert association["skos:prefLabel"] == ["Club du Code"]
    assert association["legal:companyType"] == ["cj/9220"]  # 9220.0 in the file
    assert "ess:foundedOn" not in association
    assert "ess:acronym" not in association  # [ND]
    assert "Unité légale cessée, selon SIRENE." in association["skos:editorialNote"]
    # of the ESS according to whom
    listed = recipe_graph.describe(source, f"{key}#accreditation-{source}-insee-010000016")
    assert listed["ess:accreditationStatus"] == ["status-label/ess"]
    assert listed["ess:issuer"] == ["organisation/siren-120027016"]
    listed = recipe_graph.describe(source, f"{key}#accreditation-{source}-ess-france-010000016")
    assert listed["ess:issuer"] == ["organisation/ess-france"]
    approved = recipe_graph.describe(source, f"{key}#accreditation-{source}-esus-010000016")
    assert approved["ess:accreditationStatus"] == ["status-label/esus"]
    company = recipe_graph.describe(source, "organisation/siren-900000035")
    assert "legal:companyActivity" not in company  # 45.2R, of the NAF before 2008
    # what was joined by name is a place, and its SIREN no fact
    (place,) = recipe_graph.list_keys(source, "place")
    about = recipe_graph.describe(source, f"place/{place}")
    assert about["skos:prefLabel"] == ["Le Lieu & Co"]
    assert about["ess:territory"] == ["territory/commune-01004"]
    assert "ess:operatedBy" not in about
    assert any("à vérifier" in note for note in about["skos:editorialNote"])


def test_extract_of_units_marked_as_ess(recipe_graph: RecipeGraph) -> None:
    source = "ess-insee-flag"
    company = recipe_graph.describe(source, "organisation/siren-900000027")
    assert company["skos:prefLabel"] == ["Logis"]
    assert company["org:classification"] == ["organisation-kind/company"]
    key = f"organisation/siren-900000027#accreditation-{source}-insee-900000027"
    assert recipe_graph.describe(source, key)["ess:accreditationStatus"] == ["status-label/ess"]


def test_rna(recipe_graph: RecipeGraph) -> None:
    source = "rna-waldec"
    assert recipe_graph.list_keys(source, "organisation") == [
        "rna-W595000011",
        "rna-W595000022",
        "rna-W595000033",
    ]
    association = recipe_graph.describe(source, "organisation/rna-W595000011")
    assert association["skos:prefLabel"] == ["Les Amis de l'Atelier"]
    assert association["dct:description"] == ["Réparer des vélos ensemble"]
    assert association["foaf:homepage"] == ["https://www.atelier.example"]
    assert association["ess:headquarteredIn"] == ["territory/commune-59350"]
    assert "locn:address" not in association  # often somebody's home
    assert recipe_graph.list_identifiers(source, "organisation/rna-W595000011") == [
        "rna-W595000011",
        "siren-900000084",
    ]
    dissolved = recipe_graph.describe(source, "organisation/rna-W595000022")
    assert dissolved["ess:dissolvedOn"] == ["2020-06-30"]
    assert "ess:foundedOn" not in dissolved  # 0001-01-01
    assert dissolved["org:classification"] == ["organisation-kind/federation"]
    assert dissolved["ess:headquarteredIn"] == ["territory/commune-75056"]
    key = f"organisation/rna-W595000033#accreditation-{source}-rup-W595000033"
    recognised = recipe_graph.describe(source, key)
    assert recognised["ess:accreditationStatus"] == ["status-label/public-utility"]


def test_rna_of_old_numbers(recipe_graph: RecipeGraph) -> None:
    old = recipe_graph.describe("rna-import", "organisation/rna-595P0012345")
    assert old["ess:foundedOn"] == ["1978-03-01"]
    assert "adms:identifier" not in old


def test_ror(recipe_graph: RecipeGraph) -> None:
    source = "ror"
    assert recipe_graph.list_keys(source, "organisation") == [
        "ror-0tests172",
        "ror-0tests269",
        "ror-0tests366",
        "ror-0tests560",  # of schema 1; 0tests463 is withdrawn
        "ror-0tests754",
        "ror-0tests851",
        "ror-0tests948",
    ]
    # abroad it is in its country, where the territories have that; its address names any other one
    seats = {
        key: recipe_graph.describe(source, f"organisation/{key}").get("ess:headquarteredIn")
        for key in recipe_graph.list_keys(source, "organisation")[-3:]
    }
    assert list(seats.values()) == [["territory/country-GB"], None, ["territory/country-IT"]]
    japan = recipe_graph.describe(source, "organisation/ror-0tests851#address")
    assert japan["locn:adminUnitL1"] == ["JP"]
    university = recipe_graph.describe(source, "organisation/ror-0tests172")
    assert university["skos:prefLabel"] == ["University of Trials", "Université des essais"]
    assert university["skos:altLabel"] == ["Universitat dels assaigs"]
    about = recipe_graph.store.quads_for_pattern(
        ox.NamedNode(f"{ID}organisation/ror-0tests172"), ox.NamedNode(expand("skos:altLabel")), None
    )
    assert {str(quad.object) for quad in about} == {'"Universitat dels assaigs"@ca'}
    assert university["ess:acronym"] == ["UDE"]
    assert university["ess:foundedOn"] == ["1896"]
    assert university["foaf:homepage"] == ["https://ude.example"]
    assert university["ess:headquarteredIn"] == ["territory/region-32"]
    assert recipe_graph.find_point(source, "organisation/ror-0tests172") == (50.63297, 3.05858)
    assert recipe_graph.list_identifiers(source, "organisation/ror-0tests172") == [
        "isni-000000000000001X",
        "isni-0000000000000028",
        "ror-0tests172",
        "wikidata-Q30262448",
    ]
    hospital = recipe_graph.describe(source, "organisation/ror-0tests560")
    assert hospital["skos:prefLabel"] == ["Hôpital des essais"]
    assert hospital["org:classification"] == ["organisation-kind/healthcare"]
    assert hospital["ess:headquarteredIn"] == ["territory/region-32"]
    for key in ("ror-0tests172", "ror-0tests560"):
        address = recipe_graph.describe(source, f"organisation/{key}#address")
        assert address["locn:adminUnitL1"] == ["FR"]
    inactive = recipe_graph.describe(source, "organisation/ror-0tests366")
    assert "Inactive, selon ROR." in inactive["skos:editorialNote"]
    # a link said on both sides is there once; what is absent or withdrawn is no end of one
    links = [key for key in recipe_graph.list_nodes(source, "organisation") if "#relation-" in key]
    assert [key.split("#relation-ror-")[1] for key in links] == [
        "next-0tests269-0tests366",
        "part-0tests269-0tests172",
        "part-0tests560-0tests172",
    ]
    part = recipe_graph.describe(source, f"organisation/{links[1]}")
    assert part["ess:objectOrganisation"] == ["organisation/ror-0tests172"]


def test_ror_as_a_table(recipe_graph: RecipeGraph) -> None:
    source = "ror-csv"
    assert recipe_graph.list_keys(source, "organisation") == [
        "ror-0csvaaa23",
        "ror-0csvbbb53",
        "ror-0csvccc83",  # 0csvddd16 is withdrawn
        "ror-0csvee185",
    ]
    abroad = recipe_graph.describe(source, "organisation/ror-0csvee185")
    assert abroad["ess:headquarteredIn"] == ["territory/country-GB"]
    university = recipe_graph.describe(source, "organisation/ror-0csvaaa23")
    assert university["skos:prefLabel"] == ["University of Tables", "Université des tables; annexe"]
    assert university["skos:altLabel"] == ["Universitat de les taules"]
    assert university["ess:acronym"] == ["UDT"]
    assert university["ess:foundedOn"] == ["1896"]
    assert university["foaf:homepage"] == ["https://udt.example"]
    assert university["ess:headquarteredIn"] == ["territory/region-32"]
    assert recipe_graph.find_point(source, "organisation/ror-0csvaaa23") == (50.63297, 3.05858)
    assert recipe_graph.list_identifiers(source, "organisation/ror-0csvaaa23") == [
        "isni-0000000000001012",
        "isni-0000000000001020",
        "ror-0csvaaa23",
        "wikidata-Q30262999",
    ]
    laboratory = recipe_graph.describe(source, "organisation/ror-0csvbbb53")
    assert set(laboratory["skos:prefLabel"]) == {"Tables Laboratory"}
    names = recipe_graph.store.quads_for_pattern(
        ox.NamedNode(f"{ID}organisation/ror-0csvbbb53"), ox.NamedNode(expand("skos:altLabel")), None
    )
    assert {str(quad.object) for quad in names} == {'"LDT 2"@und', '"Labo des tables"@fr'}
    inactive = recipe_graph.describe(source, "organisation/ror-0csvccc83")
    assert "Inactive, selon ROR." in inactive["skos:editorialNote"]
    links = [key for key in recipe_graph.list_nodes(source, "organisation") if "#relation-" in key]
    assert [key.split("#relation-ror-csv-")[1] for key in links] == [
        "next-0csvbbb53-0csvccc83",
        "part-0csvbbb53-0csvaaa23",
    ]


def test_labelled_third_places(recipe_graph: RecipeGraph) -> None:
    source = "fabriques-de-territoire"
    assert recipe_graph.list_keys(source, "place") == [
        "anct-fabt-51",  # two of one commune in one row
        "anct-fabt-52",
        "anct-fabt-59",
        "anct-fabt-60",
    ]
    place = recipe_graph.describe(source, "place/anct-fabt-51")
    assert place["skos:prefLabel"] == ["La Grange du Nord"]
    assert place["ess:territory"] == ["territory/commune-59350"]
    assert place["ess:partOfProject"] == ["project/anct-fabriques-de-territoire"]
    assert "Le point est celui de la commune." in place["skos:editorialNote"]
    assert recipe_graph.find_point(source, "place/anct-fabt-52") == (50.6311, 3.0468)
    lacking = recipe_graph.describe(source, "place/anct-fabt-60")
    assert lacking["skos:prefLabel"] == ["Sans point (annexe)"]
    assert "schema:latitude" not in lacking


def test_other_programmes_of_anct(recipe_graph: RecipeGraph) -> None:
    workshop = recipe_graph.describe("manufactures-de-proximite", "place/anct-manuprox-1-29")
    assert workshop["ess:thirdPlaceKind"] == ["third-place-kind/shared-workshop"]
    desk = recipe_graph.describe("france-services", "place/anct-fs-634")
    assert desk["ess:partOfProject"] == ["project/anct-france-services"]
    area = recipe_graph.describe("territoires-industrie", "cluster/anct-ti-3201")
    assert area["skos:prefLabel"] == ["Territoire d’industrie Lille et Lyon"]
    assert area["ess:coversTerritory"] == [
        "territory/commune-69123",
        "territory/epci-200093201",
    ]


def test_cooperatives_of_digital_trades(recipe_graph: RecipeGraph) -> None:
    source = "scop-scic-tech"
    assert recipe_graph.list_keys(source, "organisation") == [
        "scop-scic-tech-24eme-essai",
        "siren-900000035",
    ]
    scop = recipe_graph.describe(source, "organisation/scop-scic-tech-24eme-essai")
    assert scop["ess:essForm"] == ["ess-form/scop"]
    assert scop["ess:headquarteredIn"] == ["territory/region-11"]
    assert recipe_graph.list_identifiers(source, "organisation/siren-900000035") == [
        "siren-900000035"
    ]


def test_census_of_third_places(recipe_graph: RecipeGraph) -> None:
    source = "tiers-lieux"
    assert recipe_graph.list_keys(source, "place") == ["tiers-lieux-71", "tiers-lieux-8"]
    place = recipe_graph.describe(source, "place/tiers-lieux-8")
    assert place["ess:territory"] == ["territory/commune-59350"]
    assert any("à vérifier" in note for note in place["skos:editorialNote"])
    found = recipe_graph.describe(source, "place/tiers-lieux-71")  # by post code and name
    assert found["ess:territory"] == ["territory/commune-01004"]
    assert found["foaf:homepage"] == ["https://www.maison.example"]


def test_fab_labs(recipe_graph: RecipeGraph) -> None:
    source = "fablabs-io"
    french = recipe_graph.describe(source, "place/fablabs-io-ping-lille")
    assert french["ess:territory"] == ["territory/commune-59350"]
    assert french["ess:thirdPlaceKind"] == ["third-place-kind/fab-lab"]
    assert recipe_graph.find_point(source, "place/fablabs-io-ping-lille") == (50.63, 3.06)
    italian = recipe_graph.describe(source, "place/fablabs-io-roma")
    assert italian["ess:territory"] == ["territory/country-IT"]
    korean = recipe_graph.describe(source, "place/fablabs-io-songpa#address")
    assert korean["locn:fullAddress"] == ["40, Dongnam-ro, 05738 Seoul, KR"]
    assert (korean["locn:postCode"], korean["locn:adminUnitL1"]) == (["05738"], ["KR"])


def test_sirene_units_with_their_seats(recipe_graph: RecipeGraph) -> None:
    source = "sirene"
    key = "organisation/siren-900000019"
    unit = recipe_graph.describe(source, key)
    assert unit["skos:prefLabel"] == ["Association des Tiers-Lieux du Nord"]
    assert unit["ess:headquarteredIn"] == ["territory/commune-59350"]
    assert recipe_graph.find_point(source, key) == pytest.approx((50.627975, 3.056436))
    lost_zeros = recipe_graph.describe(source, "organisation/siren-010000016")
    assert lost_zeros["ess:headquarteredIn"] == ["territory/commune-01004"]
    without_seat = recipe_graph.describe(source, "organisation/siren-900000035")
    assert "ess:headquarteredIn" not in without_seat


def test_sirene_establishments(recipe_graph: RecipeGraph) -> None:
    source = "sirene-establishments"
    assert recipe_graph.list_keys(source, "place") == [
        "siret-01000001600013",  # closed and partly disclosed ones are left out
        "siret-90000001900019",
    ]
    seat = recipe_graph.describe(source, "place/siret-90000001900019")
    assert seat["skos:prefLabel"] == ["La Grange du Nord"]
    assert seat["ess:operatedBy"] == ["organisation/siren-900000019"]
    assert seat["ess:territory"] == ["territory/commune-59350"]
    assert "Siège de l’unité légale." in seat["skos:editorialNote"]
    point = recipe_graph.find_point(source, "place/siret-90000001900019")
    assert point == pytest.approx((50.627975, 3.056436))  # Lambert-93 in the file
    address = recipe_graph.describe(source, "place/siret-90000001900019#address")
    assert address["locn:fullAddress"] == ["4 RUE DES POSTES 59000 LILLE"]
    other = recipe_graph.describe(source, "place/siret-01000001600013")
    assert other["ess:territory"] == ["territory/commune-01004"]  # 1004 in the file
    assert recipe_graph.list_identifiers(source, "place/siret-01000001600013") == [
        "siret-01000001600013"
    ]


def test_sirene_api(recipe_graph: RecipeGraph) -> None:
    source = "sirene-api"
    unit = recipe_graph.describe(source, "organisation/siren-900000019")
    assert unit["skos:prefLabel"] == ["Tiers-Lieux du Nord"]  # of the present period
    closed = recipe_graph.describe(source, "organisation/siren-900000027")
    assert closed["ess:dissolvedOn"] == ["2020-12-31"]
    assert not recipe_graph.describe(source, "organisation/siren-900000050")


def test_directory_of_companies(recipe_graph: RecipeGraph) -> None:
    source = "annuaire-entreprises"
    assert recipe_graph.list_keys(source, "organisation") == ["siren-900000076", "siren-900000084"]
    key = "organisation/siren-900000084"
    association = recipe_graph.describe(source, key)
    assert association["ess:activity2025"] == ["naf2025/94.99Y"]
    assert association["ess:headquarteredIn"] == ["territory/commune-59350"]
    assert recipe_graph.find_point(source, key) == (50.62, 3.05)
    listed = recipe_graph.describe(source, f"{key}#accreditation-{source}-ess-900000084")
    assert listed["ess:accreditationStatus"] == ["status-label/ess"]
    company = recipe_graph.describe(source, "organisation/siren-900000076")
    assert company["ess:dissolvedOn"] == ["2024-05-31"]
    assert "ess:foundedOn" not in company


def test_associations_of_api_entreprise(recipe_graph: RecipeGraph) -> None:
    source = "api-entreprise-associations"
    key = "organisation/rna-W595000011"
    association = recipe_graph.describe(source, key)
    assert association["dct:description"] == ["Réparer des vélos."]
    assert association["legal:companyType"] == ["cj/9230"]
    listed = f"{key}#accreditation-{source}-ess-W595000011"
    assert recipe_graph.describe(source, listed)["ess:during"] == [f"{listed}-interval"]


def test_cooperatives_of_the_united_kingdom(recipe_graph: RecipeGraph) -> None:
    source = "uk-cooperatives"
    union = recipe_graph.describe(source, "organisation/uk-cooperatives-r000001")
    assert union["org:classification"] == ["organisation-kind/cooperative"]
    assert union["ess:headquarteredIn"] == ["territory/country-GB"]
    assert union["dct:subject"] == ["topic/essglobal-ica140"]
    assert union["foaf:homepage"] == ["https://www.trial.example"]
    point = recipe_graph.find_point(source, "organisation/uk-cooperatives-r000001")
    assert point == (51.499869, -0.092964)
    address = recipe_graph.describe(source, "organisation/uk-cooperatives-r000001#address")
    assert address["locn:adminUnitL1"] == ["GB"]
    topic = recipe_graph.describe(source, "topic/essglobal-ica140")
    assert topic["skos:prefLabel"] == ["Financial Services", "Services financiers"]
    federation = recipe_graph.describe(source, "organisation/uk-cooperatives-r000002")
    assert federation["org:classification"] == ["organisation-kind/federation"]
    assert "foaf:homepage" not in federation  # n/a


def test_structures_and_services_of_inclusion(recipe_graph: RecipeGraph) -> None:
    place = "place/data-inclusion-dora-aidants-2024-47bxy"
    structure = recipe_graph.describe("data-inclusion-structures", place)
    assert structure["ess:operatedBy"] == ["organisation/siren-900000019"]
    assert structure["ess:territory"] == ["territory/commune-59350"]
    by_name = recipe_graph.describe("data-inclusion-structures", "place/data-inclusion-dora-2")
    assert by_name["ess:territory"] == ["territory/commune-59350"]
    source = "data-inclusion-services"
    service = recipe_graph.describe(source, "project/data-inclusion-dora-svc-1")
    assert service["dct:subject"] == [
        "topic/inclusion-famille--garde-denfants",
        "topic/inclusion-numerique--acquerir-un-equipement",
    ]
    theme = recipe_graph.describe(source, "topic/inclusion-famille--garde-denfants")
    assert theme["skos:prefLabel"] == ["Garde d’enfants"]
    assert recipe_graph.describe(source, place)["ess:hasProject"] == [
        "project/data-inclusion-dora-svc-1"
    ]


@pytest.mark.parametrize(
    ("recipe", "file", "accepted", "refused"),
    [
        ("ess-numerique", "ess/ess-numerique/x_enriched.csv", 387, 0),
        ("ess-insee-flag", "ess/ess-numerique/04_ess_flag_insee.csv", 301, 0),
        ("ror", "research/ror-fr-latest.jsonl", 312, 0),
        ("fabriques-de-territoire", "ess/anct-programmes/fabt_geom.geojson", 765, 0),
        ("manufactures-de-proximite", "ess/anct-programmes/manuprox_geom.geojson", 223, 0),
        ("territoires-industrie", "ess/anct-programmes/ti_geom.geojson", 367, 0),
        ("scop-scic-tech", "ess/cooptech/Annuaire-SCOP-SCIC-tech-France.geocoded.csv", 101, 0),
        ("tiers-lieux", "ess/ess-numerique/03_tiers_lieux.csv", 46, 0),
        # numbers that were scrambled (a latitude that is none costs its cell)
        ("sirene-establishments", f"{SIRENE}/StockEtablissement-geo.anonymised.csv", 4, 4),
        ("sirene-api", f"{SIRENE}/api-insee-unite_legale-company.json", 2, 0),
        ("uk-cooperatives", "ess/dotcoop-uk/coops-uk-standard.Q2-2023.postcodes.csv", 69, 0),
        ("fablabs-io", "ess/fablabs/iop_okw_fablabs_io.json", 2237, 0),
    ],
)
def test_first_rows_of_real_files(
    check_recipe: CheckRecipe, recipe: str, file: str, accepted: int, refused: int
) -> None:
    with check_recipe(recipe, file) as checked:
        assert count_rows(checked) == (accepted, refused)


@pytest.mark.parametrize(
    ("payload", "accepted"),
    [("association", 4), ("association_sans_siren", 2), ("association_regime_alsace_moselle", 3)],
)
def test_answers_of_api_entreprise(
    shared: Path, check_recipe: CheckRecipe, tmp_path: Path, payload: str, accepted: int
) -> None:
    kind = "ess/siade-payloads/api_entreprise_v4_mi_unites_legales_open_data"
    written = (shared / "data" / kind / f"{payload}.yaml").read_text("utf-8")
    _, _, answer = written.partition("payload: |-\n")  # JSON, as a text of YAML
    path = tmp_path / f"{payload}.json"
    path.write_text(textwrap.dedent(answer), "utf-8")
    with check_recipe("api-entreprise-associations", str(path)) as checked:
        assert count_rows(checked) == (accepted, 0)
