"""The configuration of the hub on loopback that `serving.py` starts, in the folder of the rehearsal.

It reads what it needs from the environment, and nothing secret is written down: password, tokens and accounts live as
long as the hub. Not for a real host: everybody's server runs as whoever started the hub.
"""

import os
from pathlib import Path

from rlcourse.teaching.hub.serving import REHEARSAL, SETTINGS
from rlcourse.teaching.hub.settings import class_settings
from rlcourse.teaching.hub.spawning import LimitedSpawner

c = get_config()  # JupyterHub puts it here
told = {name: os.environ[variable] for name, variable in SETTINGS.items()}
students = told["students"].split()
folder = Path(told["folder"])

class_settings(c, memory=told["memory"])
c.JupyterHub.services += [{"name": REHEARSAL, "api_token": told["token"]}]
c.JupyterHub.load_roles += [
    {"name": REHEARSAL, "scopes": ["admin:users", "admin:servers", "tokens"], "services": [REHEARSAL]}
]
c.JupyterHub.bind_url = f"http://127.0.0.1:{told['port']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{told['hub_port']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{told['api_port']}"
c.ConfigurableHTTPProxy.command = [told["proxy"]]
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.cookie_secret = os.urandom(32)
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = told["password"]
c.Authenticator.allowed_users = set(students)
c.JupyterHub.spawner_class = LimitedSpawner
c.JupyterHub.active_server_limit = len(students)
c.SimpleLocalProcessSpawner.home_dir_template = f"{folder}/students/{{username}}"
if hasattr(os, "geteuid") and os.geteuid() == 0:
    c.Spawner.args += ["--allow-root"]
