"""What a learner turns and sees, one file each, and the few tools they share.

clipped_objective   PPO's and GRPO's clipped objective: ratio, clip range, advantage
dashboard           a picture of a training run that grows as it learns
picture             a matplotlib figure with words for those who cannot see it
source              the real source of anything in the course
plot                what a browser-drawn explorable shows, as plain data
plot_view           … drawn in the browser, with sliders that need no kernel
plot_figure         … drawn on paper
"""

from .clipped_objective import clipped_objective, clipped_objective_figure
from .dashboard import TrainingDashboard
from .picture import Picture
from .plot_view import PlotView, linked_slider
from .source import show_source
from .training_picture import Chart

__all__ = [
    "Chart",
    "Picture",
    "PlotView",
    "TrainingDashboard",
    "clipped_objective",
    "clipped_objective_figure",
    "linked_slider",
    "show_source",
]
