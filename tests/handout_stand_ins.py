"""What stands for the état des lieux and the map until both are written."""

from __future__ import annotations

import io
import sys
from types import ModuleType

from avs_coverage import export
from avs_coverage.catalogue import CATALOGUE
from avs_coverage.catalogue.kind import FaultKind
from avs_coverage.messages import percent
from avs_coverage.statement import Passage, Sentence


def statement(report, *_):
    if not report.has_inventory:
        return (Passage("Le territoire", (Sentence(f"{report.label} n'a pas d'inventaire."),)),)
    (figure,) = [f for f in report.figures if (f.status, f.measure) == ("avs", "communes")]
    text = f"{percent(figure.share)} des communes sont couvertes par un CS ou un EVS."
    return (
        Passage("Le territoire", (Sentence(f"{report.label} a {figure.denominator} communes."),)),
        Passage("La couverture", (Sentence(text),)),
    )


def picture(report, size=(8.27, 11.69)):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=50)
    communes = report.coverage.territory.communes
    figure.add_axes((0.05, 0.05, 0.9, 0.9)).scatter(communes["x_m"], communes["y_m"], s=4)
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
    return content.getvalue()


def install(patch=None):
    """Put the stand-ins in place; for good in a process of its own, or by *patch* of a test."""
    module = ModuleType("avs_coverage.reports.map_picture")
    module.map_bytes = lambda report, kind: picture(report)
    if patch is None:
        export.statement = statement
        sys.modules[module.__name__] = module
    else:
        patch.setattr(export, "statement", statement)
        patch.setitem(sys.modules, module.__name__, module)
        patch.setitem(CATALOGUE, "AVS-508", FaultKind("pas de carte : {value}", "{reason}", "-"))
