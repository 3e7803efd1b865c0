"""What `make run` runs: the whole site in the foreground, from nothing to a page that answers.

Database, migrations, escrow simulator, demo world (first time), web and worker; one line each,
and `Ready:` only when the site really answers. Ctrl-C stops everything; so does the death of any
part, or of this process. A mistake that a person can mend is one sentence on stderr.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg
from psycopg import conninfo, sql

from marketplace.infra import postgres, settings
from marketplace.infra.processes import die_with_make
from marketplace.infra.settings import Settings, SettingsTrouble
from marketplace.infra.supervisor_children import ChildDied, Children, say

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "marketplace" / "demo" / "cli.py"
SIMULATOR_PORTS_TRIED = 20
ANSWER_SECONDS_MAX = 90.0
PAUSE_SECONDS = 0.1
DEMO_LOADING, DEMO_LOADED = "loading", "loaded"


class RunTrouble(Exception):
    """The site cannot be brought up; the text is one sentence for a person."""


class _AskedToStop(BaseException):
    """Ctrl-C or a signal; not an error."""


@dataclass(frozen=True)
class Plan:
    """What this run will do, settled before anything is started."""

    settings: Settings
    host: str
    simulator_port: int | None
    demo: bool

    @property
    def simulator_address(self) -> str:
        """Where the escrow simulator is found, this run's own or another."""
        if self.simulator_port is None:
            return self.settings.simulator_url
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the site."""
        return f"http://{self.host}:{self.settings.port}"


def main() -> int:
    """Run the site until stopped; 0 when asked to stop, 1 for any trouble."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _on_signal)
    die_with_make()
    children = Children(ROOT)
    server: postgres.Server | None = None
    try:
        plan = _plan(os.environ)
        if plan.settings.database_url is None:
            server = postgres.start(plan.settings.data_dir)
        with settings.running(
            plan.settings.data_dir,
            site_url=plan.settings.site_url,
            simulator_url=plan.simulator_address,
        ):
            _run(plan, children, server)
    except _AskedToStop:
        say("stopping")
        return 0
    except (RunTrouble, ChildDied, SettingsTrouble, postgres.PostgresTrouble) as trouble:
        print(f"Kindling cannot run: {trouble}", file=sys.stderr, flush=True)
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # stopping takes a moment and is not interrupted
        children.stop()
        if server is not None:
            server.stop()


def _on_signal(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _AskedToStop


def _plan(environ: Mapping[str, str]) -> Plan:
    """Check everything that can be checked before starting anything."""
    found = settings.read(environ)
    host = environ.get("HOST") or "127.0.0.1"
    if not _is_free(host, found.port):
        raise RunTrouble(
            f"port {found.port} is in use by another program; "
            f"stop it, or choose another port: make run PORT={found.port + 10}."
        )
    if found.escrow_provider != "simulator" or environ.get("SIMULATOR_URL"):
        return Plan(found, host, None, demo=False)
    port = _simulator_port(host, found.port, environ.get("SIMULATOR_PORT"))
    return Plan(found, host, port, demo=DEMO.exists() and environ.get("DEMO") != "none")


def _simulator_port(host: str, site_port: int, asked: str | None) -> int:
    if asked:
        if not asked.isdecimal() or not 0 < int(asked) < 65536:
            raise RunTrouble(
                f"SIMULATOR_PORT must be a whole number from 1 to 65535, not {asked!r}."
            )
        if int(asked) == site_port or not _is_free(host, int(asked)):
            raise RunTrouble(
                f"port {asked}, wanted for the escrow simulator, is in use; "
                "choose another with SIMULATOR_PORT."
            )
        return int(asked)
    # The next port is the usual one, so that addresses survive a restart.
    following = range(site_port + 1, min(site_port + 1 + SIMULATOR_PORTS_TRIED, 65536))
    for port in following:
        if _is_free(host, port):
            return port
    raise RunTrouble(
        f"no port after {site_port} is free for the escrow simulator; name one: SIMULATOR_PORT."
    )


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _run(plan: Plan, children: Children, server: postgres.Server | None) -> NoReturn:
    url = server.url if server else plan.settings.database_url or ""
    environ = _environ(plan, url)
    fresh = _prepare_database(plan, url, embedded=server is not None)
    if plan.simulator_port:
        children.start("simulator", [sys.executable, "-m", "marketplace.simulator"], environ)
    if fresh and plan.demo:
        _wait_for_simulator(plan, children)
        _load_demo(plan, children, environ)
    children.start("web", _web_command(plan), environ)
    children.start("worker", _flask("jobs", "work"), environ)
    sign_ins = _sign_ins(environ) if plan.demo else ""
    _wait_for_simulator(plan, children)
    _wait_for_site(plan, children)
    print(f"\nReady: {plan.address}", flush=True)
    if sign_ins:
        print(f"\n{sign_ins}\n", flush=True)
    print("Ctrl-C stops everything; your data stays.", flush=True)
    _watch(children, server)


def _environ(plan: Plan, url: str) -> dict[str, str]:
    environ = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(plan.settings.data_dir),
        "PORT": str(plan.settings.port),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    if plan.simulator_port:
        environ["SIMULATOR_PORT"] = str(plan.simulator_port)
        environ["SIMULATOR_HOST"] = plan.host
    environ.pop("MAKEFLAGS", None)  # ours, not our children's
    return environ


def _flask(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *words]


def _web_command(plan: Plan) -> list[str]:
    # One blocking thread for each worker: more threads only wait for each other's interpreter.
    workers = min(os.cpu_count() or 1, 8)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app"]
    command += ["--host", plan.host, "--port", str(plan.settings.port)]
    command += ["--workers", str(workers), "--blocking-threads", "1"]
    # Longer than a page takes; a page that is cut off has committed all of its command or nothing.
    return [*command, "--no-access-log", "--log-level", "warning", "--workers-kill-timeout", "5"]


def _prepare_database(plan: Plan, url: str, *, embedded: bool) -> bool:
    """Bring the tables up to date; say whether the demo world should be made."""
    from marketplace.infra import migrating  # heavy, and not needed to say what is wrong above

    mark = plan.settings.data_dir / "demo-world"
    if embedded and mark.exists() and mark.read_text() == DEMO_LOADING:
        # An earlier first run was cut short before the site ever answered: nobody's data is in it.
        say("the demo world was left half made; starting anew")
        _recreate(url)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise RunTrouble(
            f"the database of DATABASE_URL cannot be reached ({reason}); "
            "check the address, or unset DATABASE_URL to use the embedded server."
        ) from error
    fresh = not found or found[0] is None
    if fresh:
        say("making the tables")
    try:
        migrating.upgrade(url)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise RunTrouble(
            f"the database's tables could not be brought up to date: {reason}"
        ) from error
    return fresh


def _recreate(url: str) -> None:
    name = conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
        identifier = sql.Identifier(str(name))
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
        server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))


def _load_demo(plan: Plan, children: Children, environ: Mapping[str, str]) -> None:
    mark = plan.settings.data_dir / "demo-world"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(DEMO_LOADING)
    say("living through a year of demo campaigns and loans (first time only, a minute or two)")
    loader = children.start("demo", _flask("demo", "load"), environ)
    while loader.process.poll() is None:
        children.check(except_for=loader)
        time.sleep(PAUSE_SECONDS)
    children.forget(loader)
    if loader.process.returncode:
        raise RunTrouble("the demo world could not be made; the lines above say why.")
    mark.write_text(DEMO_LOADED)


def _sign_ins(environ: Mapping[str, str]) -> str:
    """Ask the demo for its people."""
    answer = subprocess.run(
        _flask("demo", "signins"),
        env=dict(environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _wait_for_simulator(plan: Plan, children: Children) -> None:
    if plan.simulator_port is None:
        return
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while time.monotonic() < deadline:
        children.check()
        try:
            socket.create_connection((plan.host, plan.simulator_port), timeout=1).close()
        except OSError:
            time.sleep(PAUSE_SECONDS)
        else:
            return
    raise RunTrouble(f"the escrow simulator does not answer on port {plan.simulator_port}.")


def _wait_for_site(plan: Plan, children: Children) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while time.monotonic() < deadline:
        children.check()
        if _answers(plan):
            return
        time.sleep(PAUSE_SECONDS)
    raise RunTrouble(f"the site does not answer on {plan.address}/healthz.")


def _answers(plan: Plan) -> bool:
    connection = http.client.HTTPConnection(plan.host, plan.settings.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(children: Children, server: postgres.Server | None) -> NoReturn:
    while True:
        time.sleep(0.5)
        children.check()
        if server is not None and not server.alive():
            raise RunTrouble("the embedded PostgreSQL was stopped from outside.")


if __name__ == "__main__":
    sys.exit(main())
