"""Every figure of the course, from plain results.

Each function draws one kind of figure, shows it with its alternative text (for readers who listen to a page), and adds
"sample data" to the title where the numbers come from a sample. `figure` does the same for a drawing of your own.
"""

from course_utils.plots.canvas import figure
from course_utils.plots.charts import bars, histogram, learning_curves, lines, strip_plot, word_map
from course_utils.plots.diagrams import unrolled, weight_tying
from course_utils.plots.sequences import attention, attributions, colored_text, token_grid

__all__ = ["attention", "attributions", "bars", "colored_text", "figure", "histogram", "learning_curves", "lines"]
__all__ += ["strip_plot", "token_grid", "unrolled", "weight_tying", "word_map"]
