"""One server for a class: a JupyterHub with what a class needs, and a rehearsal of it with simulated students.

    python -m rlcourse.teaching hub FOLDER            on this machine, for a look; nobody else reaches it
    python -m rlcourse.teaching rehearse FOLDER       with simulated students: memory and seconds for 1, 2, 4, 8

`class_settings` is what a `jupyterhub_config.py` of a real host begins with; `notebooks/teaching/class_server.md` has
the rest of it. Left out: accounts, certificates and a firewall, which are the host's.
"""

from rlcourse.teaching.hub.settings import class_settings, pull_link

__all__ = ["class_settings", "pull_link"]
