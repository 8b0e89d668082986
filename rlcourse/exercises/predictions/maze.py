"""Notebook 02: how far care alone leads, what rewards make a robot do, and how soon it learns."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="careful_out",
        notebook="02",
        text="The careful robot hits no wall, and otherwise mostly drives on. How often will it be out in 256 actions?",
        options=("In less than 10 % of its walks", "In 10 to 50 %", "In more than half of them"),
        explanation="It hits no wall, but it turns round in a corridor as readily as at a crossing, and the exit is "
        "a long way off: what it gains it soon loses again.",
    ),
    Prediction(
        name="free_walls",
        notebook="02",
        text="Walls cost nothing. What will the best robot do?",
        options=("It drives out and hits no wall", "It drives out and hits walls on its way", "It never comes out"),
        explanation="Hitting a wall is free, but it takes an action, and every action costs.",
    ),
    Prediction(
        name="paid_time",
        notebook="02",
        text="Every action pays 0.02, “to motivate the robot”. What will the best robot do?",
        options=("It drives out and hits no wall", "It drives out and hits walls on its way", "It never comes out"),
        explanation="The exit ends the episode, and with it the pay. What is paid for ever is worth more than what is "
        "paid once.",
    ),
    Prediction(
        name="paid_walls",
        notebook="02",
        text="Hitting a wall pays 0.05, so that the robot explores. What will the best robot do?",
        options=("It drives out and hits no wall", "It drives out and hits walls on its way", "It never comes out"),
        explanation="A wall pays more than an action costs, and it can be hit again. Nothing else is worth the way.",
    ),
    Prediction(
        name="half_way_out",
        notebook="02",
        text="The robot makes 80 updates. When will it first have an even chance of getting out in time?",
        options=("In the first 20", "From 20 to 40", "Later", "In none of them"),
        explanation="Where walks begin all over the maze, those near the exit teach it at once, and what lies farther "
        "away learns from there, place by place. Where all begin at the far start, hardly one meets the exit.",
    ),
)
