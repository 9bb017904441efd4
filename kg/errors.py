"""Exceptions of the project, as a tree.

EssKgError
├── SettingsError          a setting is unknown or has a value that cannot be used
├── SourceError            a source cannot be read
│   ├── TableError         a table of a source does not have the columns its description states
│   └── FetchError         a file of a source cannot be fetched: what was there is still there
├── BuildError             a build cannot go on: nothing that was served changes
│   ├── BuildLocked        another build is running
│   ├── RecordsRefused     records were refused and the build was asked to be strict
│   └── OutOfBounds        a source gave fewer records, or more refusals, than it states
├── ReleaseError           a release is missing
│   ├── ReleaseDamaged     a release does not match its manifest
│   └── ReleaseOutdated    a release was built by another version than the one that reads it
├── ForgetError            what is to be forgotten is not there, or cannot be removed
├── NotifyError            what an update did was not told somewhere
├── PublishError           a release was not put on a service elsewhere
├── DiskFull               the disk of this machine is full, or cannot be written
├── NotFound               nothing has that name
├── Gone                   what had that name was withdrawn
├── BadRequest             a parameter of a request cannot be used
│   └── InvalidParameter   one of a list cannot: which, and why
├── JobError               a sandboxed job ended without an answer
│   ├── JobTimeout         it ran longer than allowed
│   ├── JobTooLarge        it needs more memory or disk than allowed
│   ├── JobOverload        too many jobs run and wait
│   └── ExtractError       the job was the export of a part of a release
│       ├── ExtractTooLarge  it takes more time, memory or disk than allowed
│       └── ExtractPending   it is being written, or waits for its turn
└── QueryError             a SPARQL query was not answered
    ├── QuerySyntaxError   it does not parse (line, column)
    ├── QueryRefused       it asks for what is not allowed here
    ├── QueryTimeout       it ran longer than allowed
    ├── QueryTooLarge      its answer or its working memory is larger than allowed
    ├── QueryOverload      too many queries are running
    └── EngineUnavailable  the engine elsewhere that would answer cannot be asked now
"""

import errno
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

DISK_FULL_ERRNOS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Error numbers of a full disk, or of one that cannot be written."""


class EssKgError(Exception):
    """Any error this project raises on purpose; its text is meant to be read by a person.

    The text is English; errors that a visitor of the site can cause say the same in French.
    """

    def __init__(self, message: str = "", french: str = "") -> None:
        super().__init__(message)
        self.french = french

    def message_in(self, language: str) -> str:
        """The text in a language, in English where there is no other."""
        return (self.french if language == "fr" else "") or str(self)


class SettingsError(EssKgError):
    """A setting is unknown or has a value that cannot be used."""


class SourceError(EssKgError):
    """A source cannot be read."""


class TableError(SourceError):
    """A table of a source does not have the columns its description states."""


class FetchError(SourceError):
    """A file of a source cannot be fetched; what was there before is still there."""


class BuildError(EssKgError):
    """A build cannot go on; what was served before stays served."""


class BuildLocked(BuildError):
    """Another build is running."""


class RecordsRefused(BuildError):
    """Records were refused and the build was asked to be strict."""


class OutOfBounds(BuildError):
    """A source gave fewer records, or more refusals, than it states."""


class ReleaseError(EssKgError):
    """A release is missing."""


class ReleaseDamaged(ReleaseError):
    """A release does not match its manifest."""


class ReleaseOutdated(ReleaseError):
    """A release was built by another version of this project than the one that reads it."""


class ForgetError(EssKgError):
    """What is to be forgotten is not there, or cannot be removed."""


class NotifyError(EssKgError):
    """What an update did was not told somewhere."""


class PublishError(EssKgError):
    """A release was not put on a service elsewhere."""


class DiskFull(EssKgError):
    """The disk of this machine is full, or cannot be written."""

    @classmethod
    def for_visitors(cls) -> "DiskFull":
        """The error in words for visitors, who need no path and no cause."""
        return cls(
            "the server has no room on its disk now, or may not write there; try again later",
            "le serveur n'a plus de place sur son disque, ou ne peut pas y écrire ; "
            "réessayez plus tard",
        )


class NotFound(EssKgError):
    """Nothing has that name."""


class Gone(EssKgError):
    """What had that name was withdrawn."""


class BadRequest(EssKgError):
    """A parameter of a request cannot be used."""


class ParameterFault(StrEnum):
    """Why a parameter of a list cannot be used."""

    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_VALUE = "unknown_value"
    REPEATED = "repeated"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"
    NO_DATE = "no_date"
    NO_PERIOD = "no_period"
    REVERSED = "reversed"
    NO_BOX = "no_box"
    SPLIT = "split"
    """A territory that several others have replaced."""
    NO_NUMBER = "no_number"
    NO_PAGE = "no_page"
    OTHER_RELEASE = "other_release"
    """A page of a list of another release."""
    OTHER_SORT = "other_sort"
    NOT_A_CHOICE = "not_a_choice"
    """A value of a parameter that has few."""


class InvalidParameter(BadRequest):
    """A parameter of a list cannot be used as it is.

    The text names parameters and values as programs write them; a page says it with labels.
    """

    def __init__(
        self,
        message: str,
        french: str,
        fault: ParameterFault,
        names: Sequence[str],
        value: str = "",
        choices: Sequence[str] = (),
    ) -> None:
        """`names`: the parameters at fault; `value`: the one value at fault, empty for all.

        `choices`: values that may have been meant.
        """
        super().__init__(message, french)
        self.fault = fault
        self.names = tuple(names)
        self.value = value
        self.choices = tuple(choices)


class JobError(EssKgError):
    """A sandboxed job ended without an answer."""


class JobTimeout(JobError):
    """A job ran longer than allowed."""


class JobTooLarge(JobError):
    """A job needs more memory or disk than allowed."""


class JobOverload(JobError):
    """Too many jobs run and wait; trying again later will do."""


class ExtractError(JobError):
    """A part of a release was not written out."""


class ExtractTooLarge(ExtractError):
    """A part of a release takes more time, memory or disk than allowed."""


class ExtractPending(ExtractError):
    """A part of a release is being written or waits for its turn; asking again later will do."""


class QueryError(EssKgError):
    """A SPARQL query was not answered."""


class QuerySyntaxError(QueryError):
    """A query does not parse; line and column count from 1 where they are known."""

    def __init__(
        self,
        message: str,
        line: int | None = None,
        column: int | None = None,
        french: str = "",
    ) -> None:
        super().__init__(message, french)
        self.line = line
        self.column = column


class QueryRefused(QueryError):
    """A query asks for what is not allowed here."""


class QueryTimeout(QueryError):
    """A query ran longer than allowed."""


class QueryTooLarge(QueryError):
    """The answer of a query, or its working memory, is larger than allowed."""


class QueryOverload(QueryError):
    """Too many queries are running; trying again later will do."""


class EngineUnavailable(QueryError):
    """The engine elsewhere that would answer cannot be asked now."""
