"""The pictures of a strategy explorer, drawn from what the twin has answered so far."""

from __future__ import annotations

from matplotlib.axes import Axes

from batchlab.plots.compare import plot_compare
from batchlab.plots.picture import Picture, alt_text
from batchlab.plots.roofline import plot_roofline
from batchlab.plots.timeline import plot_timeline
from batchlab.widgets.exploration import Answer, Question
from batchlab.widgets.explorer_view import BEST, ExplorerView

BOUND_OVER = "max_concurrent_requests"


def show_comparison(view: ExplorerView, answer: Answer) -> None:
    """Show the strategies that have run so far beside each other."""
    _show(view, "comparison", plot_compare(answer.study))


def show_timeline(view: ExplorerView, answer: Answer) -> None:
    """Show the run of the strategy that is chosen, or of the best; nothing where it has not run."""
    wanted, study = view.look.value, answer.study
    name = str(study.table["strategy"].iloc[0]) if wanted == BEST else wanted
    if name in study.runs:
        _show(view, "timeline", plot_timeline(study.runs[name]))


def show_bound(view: ExplorerView, question: Question, answer: Answer) -> None:
    """Show what no strategy can beat, with those that have run."""
    measured = answer.study.replications.assign(**{BOUND_OVER: getattr(question.config, BOUND_OVER)})
    _show(view, "bound", plot_roofline(question.hub, BOUND_OVER, config=question.config, measured=measured))


def _show(view: ExplorerView, name: str, drawn: Axes) -> None:
    picture = drawn.figure
    assert isinstance(picture, Picture)
    view.show_picture(name, picture.png(), alt_text(picture))
