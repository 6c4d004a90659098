"""The errors of the tool, each with the exit code that a command ends with.

AvsError
├── UsageError       2  the command as typed cannot be carried out
├── InputError       3  the data of a file, or of a server, are refused; holds every fault of the file
├── TerritoryError   4  the territory is unknown, or the name has several
├── OutputError      5  a file cannot be written, or exists already
└── AuditError       6  published figures cannot hold, and the user asked to be told by the exit code
"""

from __future__ import annotations

from collections.abc import Sequence

from avs_coverage.faults import Fault


class AvsError(Exception):
    """Root of the errors that the tool raises on purpose: one or more faults."""

    exit_code = 1

    def __init__(self, faults: Fault | Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(" ; ".join(fault.what for fault in self.faults))


class UsageError(AvsError, ValueError):
    """The command as typed cannot be carried out: a date, a rule, options that do not go together."""

    exit_code = 2


class InputError(AvsError, ValueError):
    """The data of a file are refused.

    *rows_read* and *set_aside* say how far the file was read; 0 and none where it was not.
    """

    exit_code = 3

    def __init__(
        self, faults: Fault | Sequence[Fault], rows_read: int = 0, set_aside: Sequence[Fault] = ()
    ) -> None:
        super().__init__(faults)
        self.rows_read, self.set_aside = rows_read, tuple(set_aside)


class TerritoryError(AvsError, LookupError):
    """The territory, or what is named in it, is unknown, or the name belongs to several."""

    exit_code = 4


class OutputError(AvsError, OSError):
    """A file cannot be written, or exists already."""

    exit_code = 5


class AuditError(AvsError):
    """Published figures cannot hold together, or against the inventory, under ``--strict``."""

    exit_code = 6
