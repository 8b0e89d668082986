"""The road of the course: from a robot in a maze to a GPT-2 that learns, a stop for each notebook, to click on.

Which notebooks exist is looked up in the notebooks' folder, so that the road never promises more than there is; how far
the learner has come is looked up in their progress. It is a list of links, so it can be read aloud, walked with Tab and
printed, and it wraps where the page is narrow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape

from rlcourse.course.contents import CONTENTS, Notebook, notebooks_there
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.record import load_record
from rlcourse.showing.style import OKABE_ITO

Progress = Mapping[str, tuple[int, int]]
"""Of each notebook: how many of its exercises and its quiz are done, and how many there are."""

_COLOURS = {"maze": ("blue",), "GPT-2": ("orange",), "both": ("blue", "orange"), "": ()}
_WORLDS = {"maze": "The robot learns.", "GPT-2": "The GPT-2 learns.", "both": "Robot and GPT-2 learn.", "": ""}
_STYLE = f"""
.rlc-road {{ font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 14px; line-height: 1.25;
  max-width: 1100px; margin: 6px 0; color: var(--jp-content-font-color1, inherit); }}
.rlc-road.rlc-road ol {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 14px 12px;
  list-style: none; margin: 0; padding: 0; }}
.rlc-road.rlc-road li {{ display: flex; margin: 0; }}
.rlc-road .rlc-stop {{ flex: 1; box-sizing: border-box; min-height: 92px; padding: 7px 9px 0; border-radius: 8px;
  display: flex; flex-direction: column; border: 1px dashed var(--jp-border-color1, #999); color: inherit;
  text-decoration: none; overflow: hidden; }}
.rlc-road a.rlc-stop {{ border: 2px solid currentColor; }}
.rlc-road a.rlc-stop:hover, .rlc-road a.rlc-stop:focus-visible {{ background: var(--jp-layout-color2, #8882);
  outline: 3px solid {OKABE_ITO["sky"]}; text-decoration: none; }}
.rlc-road b {{ display: flex; justify-content: space-between; font-size: 15px; }}
.rlc-road .rlc-how-far {{ font-size: 13px; opacity: 0.85; margin-top: auto; padding: 3px 0; }}
.rlc-road .rlc-world {{ display: flex; gap: 3px; height: 5px; margin: 0 -9px; }}
.rlc-road .rlc-world i {{ flex: 1; }}
.rlc-road p {{ display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 12px 0 0; font-size: 13px; }}
.rlc-road p i {{ display: inline-block; width: 24px; height: 5px; margin: 0 7px 3px 0; vertical-align: middle; }}
"""


@dataclass(frozen=True)
class RoadMap:
    """The stops in order; as the last line of a cell it shows itself."""

    there: frozenset[str]
    """The numbers of the notebooks that can be opened."""
    progress: Progress

    @property
    def alt(self) -> str:
        """The road in words, for a terminal."""
        ready = [f"{stop.number} {_one_line(stop)}" for stop in CONTENTS if stop.number in self.there]
        coming = [f"{stop.number} {_one_line(stop)}" for stop in CONTENTS if stop.number not in self.there]
        done = [stop.number for stop in CONTENTS if self._finished(stop)]
        return (
            f"The notebooks in order. There now: {', '.join(ready) or 'none'}. Coming: {', '.join(coming) or 'none'}. "
            f"Finished by you: {', '.join(done) or 'none yet'}."
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        stops = "".join(f"<li>{self._stop(stop)}</li>" for stop in CONTENTS)
        html = f'<style>{_STYLE}</style><nav class="rlc-road" aria-label="The notebooks of the course">'
        return {"text/html": f"{html}<ol>{stops}</ol>{_legend()}</nav>", "text/plain": self.alt}

    def _finished(self, stop: Notebook) -> bool:
        done, all_there_is = self.progress.get(stop.number, (0, 0))
        return done == all_there_is > 0

    def _how_far(self, stop: Notebook) -> str:
        if stop.number not in self.there:
            return "being written"
        done, all_there_is = self.progress.get(stop.number, (0, 0))
        return f"{done} of {all_there_is} done" if done else f"{stop.minutes} minutes"

    def _stop(self, stop: Notebook) -> str:
        tick = f'<span role="img" aria-label="finished" style="color: {OKABE_ITO["green"]}">✓</span>'
        stripes = "".join(f'<i style="background: {OKABE_ITO[colour]}"></i>' for colour in _COLOURS[stop.world])
        name = escape(_one_line(stop)).replace("-", "&#8209;")  # which does not break
        inside = (
            f"<b>{stop.number}{tick if self._finished(stop) else ''}</b><span>{name}</span>"
            f'<span class="rlc-how-far">{self._how_far(stop)}</span><span class="rlc-world">{stripes}</span>'
        )
        says = escape(f"{stop.does[0].upper()}{stop.does[1:]}. {_WORLDS[stop.world]}".strip(), quote=True)
        if stop.number in self.there:
            return f'<a class="rlc-stop" href="{stop.file}.ipynb" title="{says}">{inside}</a>'
        return f'<span class="rlc-stop" title="{says}">{inside}</span>'


def road_map(there: Collection[str] | None = None, *, progress: Progress | None = None) -> RoadMap:
    """The notebooks in order: a solid box leads to its notebook, a dashed one is still being written, ✓ is finished.

    Args:
        there: Numbers of the notebooks that exist, such as "02"; looked up when None.
        progress: How much of each is done, and of how much; looked up in your progress when None.
    """
    there = notebooks_there() if there is None else there
    return RoadMap(frozenset(there), progress_of_notebooks() if progress is None else progress)


def progress_of_notebooks() -> dict[str, tuple[int, int]]:
    """Of each notebook, how many of its exercises are passed (its quiz is one more), and how many there are."""
    record, done = load_record(), {}
    for exercise in EXERCISES.values():
        done.setdefault(exercise.notebook, []).append(record.exercise(exercise.name).passed)
    for number, quiz in QUIZZES.items():
        done.setdefault(number, []).append(record.quiz(number).right >= len(quiz.questions))
    return {number: (sum(passed), len(passed)) for number, passed in sorted(done.items())}


def _legend() -> str:
    """What solid, dashed and the stripes mean."""
    worlds = (("blue", "the robot learns"), ("orange", "the GPT-2 learns"))
    stripes = "".join(
        f'<span><i style="background: {OKABE_ITO[colour]}"></i>{words}</span>' for colour, words in worlds
    )
    return f"<p><span>Click a box to open its notebook.</span><span>✓ finished by you</span>{stripes}</p>"


def _one_line(stop: Notebook) -> str:
    return stop.road.replace("\n", " ")
