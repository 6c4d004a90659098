"""The user's own published figures, which the audit takes with those of the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avs_coverage.faults import Fault
    from avs_coverage.published_figures import PublishedFigure
    from avs_coverage.study import Request


def own_figures(request: Request) -> tuple[tuple[PublishedFigure, ...], tuple[Fault, ...]]:
    """Return the user's own published figures, none where no file gives any, and what is said on stderr."""
    if request.files.figures is None:
        return (), ()
    from avs_coverage.commands.streams import print_warnings
    from avs_coverage.loaders.figures import read_figures
    from avs_coverage.published_figures import labelled_alike

    read = read_figures(request.files.figures, request.territory)
    said = (*read.warnings, *read.set_aside)
    print_warnings(said)
    return tuple(labelled_alike(read.figures, request.territory)), said
