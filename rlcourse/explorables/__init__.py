"""What a learner turns and sees, one file each, and the few tools they share.

drive               the robot in its maze, driven by hand
reward_design       the maze's rewards as sliders, and the walk that is then best
films               walks through a maze as films side by side
group_of_answers    the rewards of a group of answers, and the advantages they give
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
from .drive import Drive, drive
from .films import Films
from .group_of_answers import group_of_answers
from .picture import Picture
from .plot_view import PlotView, linked_slider
from .reward_design import reward_design
from .source import show_source
from .training_picture import Chart

__all__ = [
    "Chart",
    "Drive",
    "Films",
    "Picture",
    "PlotView",
    "TrainingDashboard",
    "clipped_objective",
    "clipped_objective_figure",
    "drive",
    "group_of_answers",
    "linked_slider",
    "reward_design",
    "show_source",
]
