"""What a learner turns and sees: one room a subject, and one door, this one.

    values        returns, values, advantages: how_far_ahead, return_of_a_walk, prefix_values,
                  values_of_gamma, gae_bias_variance, monte_carlo_and_td, value_head_learns
    gradients     policy gradients: two_action_policy_gradient, one_draw_at_a_time, more_walks,
                  baseline_and_variance, step_too_far
    trust_region  TRPO: same_step, kl_both_ways, promise_and_truth, spend_your_allowance, natural_gradient_step
    clipping      PPO: clipped_objective, twenty_rounds, batch_of_ratios, swept_robots
    groups        GRPO: group_of_answers, how_loud, judge_a_group, kl_of_one_choice, kl_of_two_tokens; its family:
                  weights_per_token; which_questions_teach
    costs         memory and seconds, side by side: race_table, what_it_keeps, how_soon; of a cluster: cluster_update,
                  what_fits_where, sampler_drift
    cluster       a run in other programs: other_names, told_to_trl, machine_files, behind_padding
    tokens        text, token by token: token_strip, answers_strip, next_token_bars, token_microscope
    replies       which_reply, where somebody compares them; score_difference; score_a_reply, where somebody writes one;
                  who_prefers which; what reward models make of them
    rlhf          price_of_kl; the four models of RLHF, PPO and DPO at equal KL
    thinking      a model that writes its working out: thinking_film, thinking_roads, several_attempts,
                  clause_by_clause, price_of_length
    robots        drive, reward_design, and recorded walks that are played side by side
    training      the dashboard of a run, careless_teachers, a maze that learns, policies on a map, recorded curves as
                  bands, what one update costs, age_of_data
    clinic        runs that fail: see_patients, and the page of suspicions
    plotting      what all of them are drawn with

Beside each explorable stand its subject's still pictures, whose names end in `_picture`. No room imports another, but
for what they are drawn with.
"""

from rlcourse.explorables.clinic.desk import patient_picture, see_patients, see_patients_figure
from rlcourse.explorables.clinic.page import suspicions, symptoms
from rlcourse.explorables.clipping.batch_of_ratios import batch_of_ratios, batch_of_ratios_figure, record_update
from rlcourse.explorables.clipping.clipped_objective import clipped_objective, clipped_objective_figure
from rlcourse.explorables.clipping.ppo_pictures import (
    cases_table,
    promise,
    sweep_picture,
    truth,
)
from rlcourse.explorables.clipping.rounds import record_without_clip
from rlcourse.explorables.clipping.swept_robots import swept_robots, swept_robots_figure
from rlcourse.explorables.clipping.twenty_rounds import twenty_rounds, twenty_rounds_figure
from rlcourse.explorables.cluster.behind_padding import behind_padding, behind_padding_figure
from rlcourse.explorables.cluster.machine_files import machine_files
from rlcourse.explorables.cluster.other_names import other_names
from rlcourse.explorables.cluster.told_to_trl import told_to_trl
from rlcourse.explorables.costs.cluster_update import cluster_update, cluster_update_figure
from rlcourse.explorables.costs.cost_pictures import pieces_picture
from rlcourse.explorables.costs.how_soon import how_soon, how_soon_figure
from rlcourse.explorables.costs.race_table import race_table
from rlcourse.explorables.costs.sampler_drift import sampler_drift, sampler_drift_figure, share_above
from rlcourse.explorables.costs.what_fits_where import what_fits_where, what_fits_where_figure
from rlcourse.explorables.costs.what_it_keeps import what_it_keeps, what_it_keeps_figure
from rlcourse.explorables.gradients.baseline_and_variance import baseline_and_variance, baseline_and_variance_figure
from rlcourse.explorables.gradients.gradient_pictures import curves_picture, noise_table
from rlcourse.explorables.gradients.more_walks import more_walks, more_walks_figure
from rlcourse.explorables.gradients.one_draw_at_a_time import one_draw_at_a_time, one_draw_at_a_time_figure
from rlcourse.explorables.gradients.step_too_far import step_too_far, step_too_far_figure
from rlcourse.explorables.gradients.two_action_policy_gradient import (
    two_action_policy_gradient,
    two_action_policy_gradient_figure,
)
from rlcourse.explorables.gradients.walk_gradients import baseline_noise
from rlcourse.explorables.groups.group_of_answers import group_of_answers, group_of_answers_figure
from rlcourse.explorables.groups.group_pictures import baseline_picture, group_picture, kinds_of_answers, kinds_picture
from rlcourse.explorables.groups.how_loud import how_loud, how_loud_figure
from rlcourse.explorables.groups.judge_a_group import GroupDesk, judge_a_group, judge_a_group_figure
from rlcourse.explorables.groups.kl_of_one_choice import kl_of_one_choice, kl_of_one_choice_figure
from rlcourse.explorables.groups.kl_of_two_tokens import kl_of_two_tokens, kl_of_two_tokens_figure
from rlcourse.explorables.groups.kl_pictures import gradient_picture, kl_picture
from rlcourse.explorables.groups.weights_per_token import token_shares, weights_per_token, weights_per_token_figure
from rlcourse.explorables.groups.which_questions_teach import which_questions_teach, which_questions_teach_figure
from rlcourse.explorables.plotting.bench import linked_slider
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.explorables.replies.reply_pictures import forecast_picture, scores_picture
from rlcourse.explorables.replies.score_a_reply import score_a_reply
from rlcourse.explorables.replies.score_difference import score_difference, score_difference_figure
from rlcourse.explorables.replies.which_reply import WhichReply, which_reply
from rlcourse.explorables.replies.who_prefers import who_prefers, who_prefers_figure
from rlcourse.explorables.rlhf.equal_kl import equal_kl, equal_kl_figure
from rlcourse.explorables.rlhf.price_of_kl import price_of_kl, price_of_kl_figure
from rlcourse.explorables.rlhf.rlhf_pictures import equal_kl_picture, four_models_picture, in_megabytes
from rlcourse.explorables.robots.drive import Drive, drive
from rlcourse.explorables.robots.films import Films
from rlcourse.explorables.robots.loop_picture import loop_picture
from rlcourse.explorables.robots.pole import PoleFilms, balance
from rlcourse.explorables.robots.reward_design import best_actions, reward_design, verdict
from rlcourse.explorables.thinking.clauses import clause_by_clause
from rlcourse.explorables.thinking.price_of_length import price_of_length, price_of_length_figure
from rlcourse.explorables.thinking.roads import thinking_roads, thinking_roads_figure
from rlcourse.explorables.thinking.run_film import thinking_film, thinking_film_figure
from rlcourse.explorables.thinking.several_attempts import attempts_worth, several_attempts, several_attempts_figure
from rlcourse.explorables.tokens.answers_strip import answers_strip
from rlcourse.explorables.tokens.next_token_bars import next_token_bars, next_token_bars_figure
from rlcourse.explorables.tokens.token_lab import TokenLab
from rlcourse.explorables.tokens.token_microscope import (
    TokenMicroscope,
    token_microscope,
    token_microscope_figure,
)
from rlcourse.explorables.tokens.token_reading import pull_of, read_tokens
from rlcourse.explorables.tokens.token_strip import TokenStrip, token_strip, token_strip_figure
from rlcourse.explorables.training.age_of_data import age_of_data, age_of_data_figure
from rlcourse.explorables.training.bands import bands_picture
from rlcourse.explorables.training.beta_and_rule import beta_and_rule, beta_and_rule_figure
from rlcourse.explorables.training.careless_teachers import careless_teachers, careless_teachers_figure
from rlcourse.explorables.training.dashboard import TrainingDashboard
from rlcourse.explorables.training.healthy import healthy
from rlcourse.explorables.training.learning_maze import LearningMaze
from rlcourse.explorables.training.one_update import update_cost
from rlcourse.explorables.training.policy_maps import PolicyMaps, policy_maps, policy_maps_figure
from rlcourse.explorables.training.runs_by_setting import runs_by_setting, runs_by_setting_figure
from rlcourse.explorables.training.three_stages import three_stages_picture
from rlcourse.explorables.training.training_picture import Chart
from rlcourse.explorables.trust_region.kl_both_ways import kl_both_ways, kl_both_ways_figure
from rlcourse.explorables.trust_region.natural_gradient_step import natural_gradient_step, natural_gradient_step_figure
from rlcourse.explorables.trust_region.promise_and_truth import promise_and_truth, promise_and_truth_figure
from rlcourse.explorables.trust_region.same_step import same_step, same_step_figure
from rlcourse.explorables.trust_region.spend_your_allowance import spend_your_allowance, spend_your_allowance_figure
from rlcourse.explorables.trust_region.trpo_pictures import descent_picture, furthest_picture
from rlcourse.explorables.values.gae_bias_variance import gae_bias_variance, gae_bias_variance_figure
from rlcourse.explorables.values.how_far_ahead import how_far_ahead, how_far_ahead_figure
from rlcourse.explorables.values.monte_carlo_and_td import monte_carlo_and_td, monte_carlo_and_td_figure
from rlcourse.explorables.values.prefix_values import prefix_values, prefix_values_figure
from rlcourse.explorables.values.return_of_a_walk import return_of_a_walk, return_of_a_walk_figure
from rlcourse.explorables.values.value_head_learns import value_head_learns, value_head_learns_figure
from rlcourse.explorables.values.value_pictures import (
    learning_picture,
    maps_picture,
    steps_picture,
    walks_picture,
)
from rlcourse.explorables.values.values_of_gamma import values_of_gamma, values_of_gamma_figure
from rlcourse.showing.picture import Picture
from rlcourse.showing.source import show_source

__all__ = [
    "Chart",
    "Drive",
    "Films",
    "GroupDesk",
    "LearningMaze",
    "Picture",
    "PlotView",
    "PoleFilms",
    "PolicyMaps",
    "TokenLab",
    "TokenMicroscope",
    "TokenStrip",
    "TrainingDashboard",
    "WhichReply",
    "age_of_data",
    "age_of_data_figure",
    "answers_strip",
    "attempts_worth",
    "balance",
    "bands_picture",
    "baseline_and_variance",
    "baseline_and_variance_figure",
    "baseline_noise",
    "baseline_picture",
    "batch_of_ratios",
    "batch_of_ratios_figure",
    "behind_padding",
    "behind_padding_figure",
    "best_actions",
    "beta_and_rule",
    "beta_and_rule_figure",
    "careless_teachers",
    "careless_teachers_figure",
    "cases_table",
    "clause_by_clause",
    "clipped_objective",
    "clipped_objective_figure",
    "cluster_update",
    "cluster_update_figure",
    "curves_picture",
    "descent_picture",
    "drive",
    "equal_kl",
    "equal_kl_figure",
    "equal_kl_picture",
    "forecast_picture",
    "four_models_picture",
    "furthest_picture",
    "gae_bias_variance",
    "gae_bias_variance_figure",
    "gradient_picture",
    "group_of_answers",
    "group_of_answers_figure",
    "group_picture",
    "healthy",
    "how_far_ahead",
    "how_far_ahead_figure",
    "how_loud",
    "how_loud_figure",
    "how_soon",
    "how_soon_figure",
    "in_megabytes",
    "judge_a_group",
    "judge_a_group_figure",
    "kinds_of_answers",
    "kinds_picture",
    "kl_both_ways",
    "kl_both_ways_figure",
    "kl_of_one_choice",
    "kl_of_one_choice_figure",
    "kl_of_two_tokens",
    "kl_of_two_tokens_figure",
    "kl_picture",
    "learning_picture",
    "linked_slider",
    "loop_picture",
    "machine_files",
    "maps_picture",
    "monte_carlo_and_td",
    "monte_carlo_and_td_figure",
    "more_walks",
    "more_walks_figure",
    "natural_gradient_step",
    "natural_gradient_step_figure",
    "next_token_bars",
    "next_token_bars_figure",
    "noise_table",
    "one_draw_at_a_time",
    "one_draw_at_a_time_figure",
    "other_names",
    "patient_picture",
    "pieces_picture",
    "policy_maps",
    "policy_maps_figure",
    "prefix_values",
    "prefix_values_figure",
    "price_of_kl",
    "price_of_kl_figure",
    "price_of_length",
    "price_of_length_figure",
    "promise",
    "promise_and_truth",
    "promise_and_truth_figure",
    "pull_of",
    "race_table",
    "read_tokens",
    "record_update",
    "record_without_clip",
    "return_of_a_walk",
    "return_of_a_walk_figure",
    "reward_design",
    "runs_by_setting",
    "runs_by_setting_figure",
    "same_step",
    "same_step_figure",
    "sampler_drift",
    "sampler_drift_figure",
    "score_a_reply",
    "score_difference",
    "score_difference_figure",
    "scores_picture",
    "see_patients",
    "see_patients_figure",
    "several_attempts",
    "several_attempts_figure",
    "share_above",
    "show_source",
    "spend_your_allowance",
    "spend_your_allowance_figure",
    "step_too_far",
    "step_too_far_figure",
    "steps_picture",
    "suspicions",
    "sweep_picture",
    "swept_robots",
    "swept_robots_figure",
    "symptoms",
    "thinking_film",
    "thinking_film_figure",
    "thinking_roads",
    "thinking_roads_figure",
    "three_stages_picture",
    "token_microscope",
    "token_microscope_figure",
    "token_shares",
    "token_strip",
    "token_strip_figure",
    "told_to_trl",
    "truth",
    "twenty_rounds",
    "twenty_rounds_figure",
    "two_action_policy_gradient",
    "two_action_policy_gradient_figure",
    "update_cost",
    "value_head_learns",
    "value_head_learns_figure",
    "values_of_gamma",
    "values_of_gamma_figure",
    "verdict",
    "walks_picture",
    "weights_per_token",
    "weights_per_token_figure",
    "what_fits_where",
    "what_fits_where_figure",
    "what_it_keeps",
    "what_it_keeps_figure",
    "which_questions_teach",
    "which_questions_teach_figure",
    "which_reply",
    "who_prefers",
    "who_prefers_figure",
]
