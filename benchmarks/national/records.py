"""The good rows of each table: each is made from its number and the seed alone, in any order."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from national import codes, names

Row = dict[str, str]
TOPICS: Final = 40
RULES: Final = 20
FIRST_DAY: Final = datetime.date(1950, 1, 1).toordinal()
LAST_DAY: Final = datetime.date(2018, 12, 31).toordinal()
WEEK: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
ROLES: Final = ("employee", "member", "president", "director", "founder")


def organisation_key(number: int) -> str:
    """The key of an organisation: the number the register gave it."""
    return f"siren-{names.siren(number)}"


class Records:
    """The rows of a country of some size, from a seed; a row does not depend on the others."""

    def __init__(
        self, sizes: Mapping[str, int], seed: int, clean: Callable[[str, int], int]
    ) -> None:
        """`clean` gives a number near another one whose row has no planted error."""
        self.sizes = sizes
        self.seed = seed
        self._clean = clean
        self._random = Random()
        self._communes = codes.communes()
        self._activities = codes.activities()
        self._forms = [form for form in codes.LEGAL_FORMS for _ in range(form.share)]

    def row(self, table: str, number: int) -> Row:
        """The row of a table at a position, from 0."""
        self._random.seed((self.seed << 40) + (TABLES.index(table) << 32) + number)
        return self._makers[table](self, number)

    @property
    def communes(self) -> dict[str, codes.Commune]:
        """The communes by code."""
        return {commune.code: commune for commune in self._communes}

    def organisation(self) -> str:
        """A reference to an organisation that is accepted."""
        return "organisation/" + organisation_key(self._any("organisations"))

    def _any(self, table: str) -> int:
        return self._clean(table, int(self._random.random() * self.sizes[table]))

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _one_of(self, values: Sequence[str]) -> str:
        return values[int(self._random.random() * len(values))]

    def _commune(self) -> codes.Commune:
        return self._communes[int(self._random.random() * len(self._communes))]

    def _day(self) -> datetime.date:
        span = LAST_DAY - FIRST_DAY
        return datetime.date.fromordinal(FIRST_DAY + int(self._random.random() * span))

    def _topics(self) -> str:
        first = int(self._random.random() * TOPICS)
        topic = self._topic_key(first)
        return f"{topic}|{self._topic_key(first + 7)}" if self._chance(0.3) else topic

    def _topic_key(self, number: int) -> str:
        return f"topic/synthetic-{self._clean('topics', number % TOPICS)}"

    # --- one maker for each table

    def _topic(self, number: int) -> Row:
        label = f"Thème {names.invented(number * 257)}"
        return {"id": f"synthetic-{number}", "label_fr": label, "kind": "concept"}

    def _organisation(self, number: int) -> Row:
        form = self._forms[int(self._random.random() * len(self._forms))]
        commune, founded = self._commune(), self._day()
        house, street = 1 + int(self._random.random() * 120), self._one_of(names.STREETS)
        row = {
            "id": organisation_key(number),
            "label_fr": names.organisation(number, form.word),
            "kind": form.kind,
            "legal_form": form.code,
            "ess_form": form.ess_form,
            "activity": self._one_of(self._activities),
            "founded_on": founded.isoformat() if self._chance(0.9) else str(founded.year),
            "territory": f"territory/commune-{commune.code}",
            "topics": self._topics(),
        }
        if self._chance(0.06):
            days = 400 + int(self._random.random() * 2000)
            row["dissolved_on"] = (founded + datetime.timedelta(days)).isoformat()
        if self._chance(0.75):
            row["address"] = f"{house} {street}, {commune.post_code} {commune.name}"
            row["post_code"] = commune.post_code
        if self._chance(0.75):
            row["latitude"] = f"{commune.latitude + self._random.random() * 0.05:.5f}"
            row["longitude"] = f"{commune.longitude + self._random.random() * 0.05:.5f}"
        if self._chance(0.15):
            row["homepage"] = f"https://{row['id']}.example.org/"
        return row

    def _identifier(self, number: int) -> Row:
        key = organisation_key(number)
        return {
            "subject": f"organisation/{key}", "scheme": "siren", "value": key.removeprefix("siren-")
        }  # fmt: skip

    def more_identifiers(self, number: int) -> list[Row]:
        """What some have beside their SIREN: the number of an establishment, one of the RNA."""
        self._random.seed((self.seed << 40) + (1 << 39) + number)
        key, number_text = organisation_key(number), names.siren(number)
        more: list[tuple[str, str]] = []
        if self._chance(0.08):
            more.append(("siret", (body := number_text + "0001") + names.check_digit(body)))
        if self._chance(0.05):
            more.append(("rna", f"W{number:09d}"))
        return [{"subject": f"organisation/{key}", "scheme": s, "value": v} for s, v in more]

    def _person(self, number: int) -> Row:
        given, family = names.person(number)
        return {
            "id": f"synthetic-p{number}",
            "label_fr": f"{given} {family}",
            "given_name": given,
            "family_name": family,
        }

    def _membership(self, number: int) -> Row:
        people = self.sizes["people"]
        member = f"person/synthetic-p{self._clean('people', number % people)}"
        place = self.organisation()
        if number >= people + people // 5:
            member, place = place, f"cluster/synthetic-c{self._any('clusters')}"
        start = self._day()
        row = {
            "id": f"m{number}", "member": member, "organisation": place,
            "role": self._one_of(ROLES[:2] if number >= people else ROLES),
            "start": start.isoformat() if self._chance(0.5) else str(start.year),
        }  # fmt: skip
        if self._chance(0.3):
            row["end"] = str(start.year + 2 + int(self._random.random() * 5))
        return row

    def _relation(self, number: int) -> Row:
        subject = self._any("organisations")
        other = self._clean("organisations", (subject + 2) % self.sizes["organisations"])
        return {
            "id": f"r{number}",
            "subject": "organisation/" + organisation_key(subject),
            "object": "organisation/" + organisation_key(other),
            "relation": self._one_of(("partner", "hosts", "member-of")),
            "start": str(self._day().year),
        }

    def _cluster(self, number: int) -> Row:
        commune = self._commune()
        return {
            "id": f"synthetic-c{number}",
            "label_fr": names.organisation(number + 2_000_000, "Pôle"),
            "kind": self._one_of(("ptce", "business-cluster", "third-place-network")),
            "carried_by": self.organisation(),
            "covers": f"territory/commune-{commune.code}",
            "founded_on": str(self._day().year),
            "topics": self._topics(),
        }

    def _event(self, number: int) -> Row:
        day, hour = self._day(), 9 + int(self._random.random() * 9)
        row = {
            "id": f"synthetic-e{number}",
            "label_fr": f"Rencontres {names.organisation(number, 'de la filière')}",
            "kind": self._one_of(("seminar", "conference", "festival", "forum")),
            "start": f"{day.isoformat()}T{hour:02d}:00+01:00",
            "end": f"{day.isoformat()}T{hour + 2:02d}:30+01:00",
            "weekday_stated": WEEK[day.weekday()],
            "territory": f"territory/commune-{self._commune().code}",
            "topics": self._topics(),
        }
        if self._chance(0.3):
            row["capacity"] = str(20 + int(self._random.random() * 300))
        return row

    def _participation(self, number: int) -> Row:
        event = self._clean("events", number // 2 % self.sizes["events"])
        speaker = number % 2 == 0
        who = f"person/synthetic-p{self._any('people')}" if speaker else self.organisation()
        return {
            "id": f"p{number}",
            "event": f"event/synthetic-e{event}",
            "participant": who,
            "role": "speaker" if speaker else "organiser",
            "rank": str(number % 2 + 1),
        }

    def _project(self, number: int) -> Row:
        start = self._day().year
        return {
            "id": f"synthetic-j{number}",
            "label_fr": names.organisation(number + 1_000_000, "Projet"),
            "kind": "research-project",
            "status": "closed",
            "start": str(start),
            "end": str(start + 3),
            "duration": "P3Y",
            "territory": f"territory/commune-{self._commune().code}",
            "topics": self._topics(),
        }

    def _project_participation(self, number: int) -> Row:
        project = self._clean("projects", number // 2 % self.sizes["projects"])
        return {
            "id": f"q{number}",
            "project": f"project/synthetic-j{project}",
            "participant": self.organisation(),
            "role": "partner" if number % 2 else "holder",
            "amount": str(1000 * (1 + int(self._random.random() * 90))),
        }

    def _publication(self, number: int) -> Row:
        return {
            "id": f"synthetic-u{number}",
            "label_fr": names.organisation(number + 1_500_000, "Enquête au pays"),
            "kind": self._one_of(("article", "book", "report", "press-article")),
            "issued": str(self._day().year),
            "language": "fr",
            "publisher": self.organisation(),
            "topics": self._topics(),
        }

    def _authorship(self, number: int) -> Row:
        publication = self._clean("publications", number % self.sizes["publications"])
        return {
            "id": f"a{number}",
            "publication": f"publication/synthetic-u{publication}",
            "agent": f"person/synthetic-p{self._any('people')}",
            "role": "author",
            "rank": str(1 + number // self.sizes["publications"]),
        }

    def _rule(self, number: int) -> Row:
        return {
            "id": f"l{number}",
            "text_fr": f"Il faut entre {number + 1} et {number + 9} membres.",
            "subject": self._topic_key(number),
            "minimum": str(number + 1),
            "maximum": str(number + 9),
        }

    _makers: Mapping[str, Callable[["Records", int], Row]] = {
        "topics": _topic,
        "organisations": _organisation,
        "identifiers": _identifier,
        "people": _person,
        "clusters": _cluster,
        "memberships": _membership,
        "organisation_relations": _relation,
        "events": _event,
        "participations": _participation,
        "projects": _project,
        "project_participations": _project_participation,
        "publications": _publication,
        "authorships": _authorship,
        "rules": _rule,
    }


TABLES: Final = tuple(Records._makers)


def sizes(organisations: int, planted: Mapping[str, int]) -> dict[str, int]:
    """How many rows each table has: at least two for each planted error, one good, one not."""
    people, events, projects = organisations // 20, organisations // 70, organisations // 200
    wanted = {
        "topics": TOPICS,
        "organisations": organisations,
        "identifiers": organisations,
        "people": people,
        "clusters": organisations // 500,
        "memberships": people * 6 // 5 + organisations // 60,
        "organisation_relations": organisations // 100,
        "events": events,
        "participations": events * 2,
        "projects": projects,
        "project_participations": projects * 2,
        "publications": projects,
        "authorships": projects * 3 // 2,
        "rules": RULES,
    }
    return {table: max(rows, 2 * planted.get(table, 0) + 2) for table, rows in wanted.items()}
