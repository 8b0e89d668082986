"""One bar of controls for whatever is a function of time: play, stop, a step on or back, any moment.

A widget puts `PLAYER` before its own script and `PLAYER_LOOK` before its own style sheet, and calls `player` there.
"""

from pathlib import Path

_HERE = Path(__file__).parent
PLAYER = (_HERE / "player.js").read_text("utf-8")
"""JavaScript; it needs what `rlcourse.showing.live.BROWSER` holds."""
PLAYER_LOOK = (_HERE / "player.css").read_text("utf-8")
"""How the bar looks."""
