"""The kinds of pages that are looked at in a browser, by an address of the project’s own data."""

from urllib.parse import urlencode

PAGES = (
    "/", "/organisation", "/organisation?view=table", "/event", "/event?view=calendar",
    "/organisation?view=map", "/feedback?record=organisation/clicc",
    "/feedback?record=organisation/iness&fact=source/iness%23claim-defis",
    "/source/iness/passage?char=567,652", "/paths?from=organisation/iness&to=organisation/clicc",
    "/graph/organisation/iness", "/territory?kind=commune",
    "/organisation/ror-02feahw73", "/relations/organisation/ror-02feahw73?page=2",
    "/search?q=commun", "/organisation/clicc", "/territory/commune-59350",
    "/event/iness-2020-03-11", "/person/inocrea-liefooghe", "/topic/biens-communs",
    "/publication", "/place", "/cluster", "/source", "/source/inocrea", "/queries", "/sparql",
    "/dumps", "/validate", "/resolution", "/reconcile.html", "/docs", "/ontology",
    "/ontology/org:Organization",
    "/propose-source", "/changes?territory=departement-59",
    "/legal", "/status", "/about", "/privacy", "/accessibility", "/history/organisation/clicc",
    "/releases", "/person/inocrea-grassineau", "/publication/session-h-campagne-pecqueur-2014",
    "/compare?one=territory/commune-59350&other=territory/commune-69123",
    "/organisation?view=network", "/queries/about-a-topic?topic=biens-communs",
    "/sparql?query=SELECT+*+%7B%3Fs+a+%3Ft%7D+LIMIT+5&format=html", "/scheme/cj/9220", "/shapes",
    "/organisation?view=timeline", "/place?view=chart&by=territory",
    "/organisation?view=chart&by=kind&and=territory", "/embed?of=event",
    "/embed/map/organisation", "/embed/calendar/event?theme=dark",
    "/embed/timeline/event?theme=dark", "/embed/chart/organisation?by=kind&and=territory",
    "/embed/network/event?theme=light", "/embed/table/place", "/embed?of=organisation&shape=chart",
    "/sparql?query=SELECT+%2A+%7B%3Fs+%3Chttp%3A%2F%2Fwww.w3.org%2Fns%2Forg%23memberOf%3E+%3Fo%7D+LIMIT+50&format=html&view=network",
    "/queries/organisations-of-a-territory?territory=departement-59&view=map",
    "/territory/commune-27198?on=1980",
    "/organisation/nothing", "/event?kind=nothing",
)  # fmt: skip
MISSING = ("/organisation/nothing", "/event?kind=nothing")


def in_language(path: str, language: str) -> str:
    """The address of a page in a language."""
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'lang': language})}"
