"""What stands for the état des lieux and the map until both are written."""

from __future__ import annotations

import io
import sys
from types import ModuleType

from avs_coverage import export
from avs_coverage.messages import percent
from avs_coverage.statement import Passage, Sentence


def statement(report):
    if not report.has_inventory:
        return (Passage("Le territoire", (Sentence(f"{report.label} n'a pas d'inventaire."),)),)
    (figure,) = [f for f in report.figures if (f.status, f.measure) == ("avs", "communes")]
    text = f"{percent(figure.share)} des communes sont couvertes par un CS ou un EVS."
    return (
        Passage("Le territoire", (Sentence(f"{report.label} a {figure.denominator} communes."),) * 3),
        Passage("La couverture", (Sentence(text), Sentence("Une phrase de plus pour la place. " * 12))),
    )


def map_bytes(report, kind):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.27, 11.69), dpi=100)
    axes = figure.add_axes((0.05, 0.05, 0.9, 0.9))
    communes = report.coverage.territory.communes
    axes.scatter(communes["x_m"], communes["y_m"], s=4)
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
    return content.getvalue()


def install():
    export.statement = statement
    module = ModuleType("avs_coverage.reports.map_picture")
    module.map_bytes = map_bytes
    sys.modules[module.__name__] = module
