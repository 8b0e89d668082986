"""What a learner turns and sees, one file each, and the few tools they share.

drive                       the robot in its maze, driven by hand
reward_design               the maze's rewards as sliders, and the walk that is then best
films                       walks through a maze as films side by side
prefix_values               one reward for a whole answer, and the values of its prefixes
values_of_gamma             the exact V, Q and A of a maze as heat maps over the discount
gae_bias_variance           advantage estimates against the exact ones: bias and spread as λ and γ turn
advantage_estimates         … its walks and its exact moments
two_action_policy_gradient  two actions, one parameter: what each sample says, and their mean
baseline_and_variance       what a baseline does to the mean and to the noise of a gradient
kl_both_ways                the KL of two distributions both ways, and its estimates from samples
natural_gradient_step       a gradient step and TRPO's step in the plane of two parameters
two_junctions               … its policy, with exact KL and gradients
clipped_objective           PPO's and GRPO's clipped objective: ratio, clip range, advantage
batch_of_ratios             the ratios of one PPO batch, step by step through one update
group_of_answers            the rewards of a group of answers, and the advantages they give
pole                        CartPole as films
dashboard                   a picture of a training run that grows as it learns
bands                       recorded learning curves as bands over their seeds
one_update                  what one update of an algorithm costs
value_pictures, gradient_pictures, trpo_pictures, ppo_pictures, group_pictures, kl_pictures
                            the still pictures of notebooks 03, 04, 05, 06 and 10
picture                     a matplotlib figure with words for those who cannot see it
source                      the real source of anything in the course
plot, marks                 what a browser-drawn explorable shows, as plain data
plot_view                   … drawn in the browser, with sliders that need no kernel
plot_figure                 … drawn on paper
"""

from rlcourse.explorables.clipping.batch_of_ratios import batch_of_ratios, batch_of_ratios_figure
from rlcourse.explorables.clipping.clipped_objective import clipped_objective, clipped_objective_figure
from rlcourse.explorables.gradients.baseline_and_variance import baseline_and_variance, baseline_and_variance_figure
from rlcourse.explorables.gradients.two_action_policy_gradient import (
    two_action_policy_gradient,
    two_action_policy_gradient_figure,
)
from rlcourse.explorables.groups.group_of_answers import group_of_answers
from rlcourse.explorables.plotting.plot_view import PlotView, linked_slider
from rlcourse.explorables.robots.drive import Drive, drive
from rlcourse.explorables.robots.films import Films
from rlcourse.explorables.robots.reward_design import reward_design
from rlcourse.explorables.training.bands import bands_picture
from rlcourse.explorables.training.dashboard import TrainingDashboard
from rlcourse.explorables.training.training_picture import Chart
from rlcourse.explorables.trust_region.kl_both_ways import kl_both_ways, kl_both_ways_figure
from rlcourse.explorables.trust_region.natural_gradient_step import natural_gradient_step, natural_gradient_step_figure
from rlcourse.explorables.values.gae_bias_variance import gae_bias_variance, gae_bias_variance_figure
from rlcourse.explorables.values.prefix_values import prefix_values, prefix_values_figure
from rlcourse.explorables.values.values_of_gamma import values_of_gamma, values_of_gamma_figure
from rlcourse.showing.picture import Picture
from rlcourse.showing.source import show_source

__all__ = [
    "Chart",
    "Drive",
    "Films",
    "Picture",
    "PlotView",
    "TrainingDashboard",
    "bands_picture",
    "baseline_and_variance",
    "baseline_and_variance_figure",
    "batch_of_ratios",
    "batch_of_ratios_figure",
    "clipped_objective",
    "clipped_objective_figure",
    "drive",
    "gae_bias_variance",
    "gae_bias_variance_figure",
    "group_of_answers",
    "kl_both_ways",
    "kl_both_ways_figure",
    "linked_slider",
    "natural_gradient_step",
    "natural_gradient_step_figure",
    "prefix_values",
    "prefix_values_figure",
    "reward_design",
    "show_source",
    "two_action_policy_gradient",
    "two_action_policy_gradient_figure",
    "values_of_gamma",
    "values_of_gamma_figure",
]
