"""From TRPO to GRPO: the implementations that the course's notebooks stand on.

    equations    the mathematics, one pure function per equation
    algorithms   one update each, for any policy in any world
    maze         world one: a robot that looks for the exit
    language     world two: a small GPT-2 that answers
    explorables  what a learner turns and sees
    exercises    checks that name the mistake, hints, quizzes, progress

Importing this package registers the maze with Gymnasium and does nothing else, so that it is quick: the
parts are imported when they are asked for.
"""

try:
    from gymnasium.envs.registration import register
except ModuleNotFoundError as error:
    if error.name != "gymnasium":
        raise
    # `python -m rlcourse doctor` comes through here, too, and it is the one to say what is missing.
else:
    register(
        id="rlcourse/Maze-v0",
        entry_point="rlcourse.maze.env:MazeEnv",
        vector_entry_point="rlcourse.maze.vector_env:MazeVectorEnv",
    )
