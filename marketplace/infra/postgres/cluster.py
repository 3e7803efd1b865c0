"""One data folder and the server on it: make, clear up after a crash, start, stop."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.infra.postgres import binaries, identity
from marketplace.infra.postgres.binaries import Binaries
from marketplace.infra.postgres.files import OWNER, PORT, PostgresTrouble, Shelf
from marketplace.infra.postgres.identity import Identity, OpenFolder
from marketplace.infra.processes import dying_with_parent

BUILTIN_LOCALE_MAJOR_MIN = 17
RECOVERY_SECONDS_MAX = 110.0
STOP_SECONDS_MAX = 60.0
FOREIGN_SECONDS_MAX = 20.0
PAUSE_SECONDS = 0.01
ROLES = (OWNER, "kindling_app")

SETTINGS = (
    "listen_addresses=",  # nobody on the network, not even on this machine's own address
    "unix_socket_directories=.",  # in the data folder, which only its owner can enter
    f"port={PORT}",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
    "jit=off",  # our queries are short; compiling them costs more than it saves
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "wal_buffers=64MB",  # two lanes of a night fill the usual eight and wait for the disk
    "wal_compression=on",
    "max_connections=200",
    "max_locks_per_transaction=128",
    "logging_collector=off",
)
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

SENTENCES = {
    "No space left on device": "there is no space left on the disk that holds {data_dir}",
    "could not resize shared memory": "shared memory is too small (Docker: --shm-size=256m)",
    "Cannot allocate memory": "this machine has too little free memory",
    "Permission denied": "a file in {data_dir} is closed to user {user}",
    "Read-only file system": "{data_dir} lies on a read-only file system",
}


@dataclass
class Cluster:
    """The data folder `shelf.cluster`, the programs and the user that fit it."""

    shelf: Shelf
    programs: Binaries
    user: Identity
    server: subprocess.Popen[bytes] | None = field(default=None)
    folder: OpenFolder | None = field(default=None)

    @classmethod
    def open(cls, shelf: Shelf) -> Cluster:
        """Find programs and user for the folder; make the folder when there is none."""
        user = identity.choose(shelf.cluster)
        programs = _reachable(binaries.find(_major(shelf.cluster)), user)
        cluster = cls(shelf, programs, user)
        if not shelf.cluster.exists():
            cluster._make()
        identity.own(shelf.cluster, user)
        return cluster

    def _make(self) -> None:
        """Make the folder beside its final place, then rename: a half-made one is never used."""
        fresh = self.shelf.data_dir / "postgres.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        identity.own(fresh, self.user)
        folder = OpenFolder(fresh, self.user)
        try:
            self._run(folder, [*self._initdb(), "-D", folder.path])
            alone = [self.programs.program("postgres"), "--single", "-D", folder.path]
            self._run(folder, [*alone, "postgres"], told=f"CREATE DATABASE {OWNER};\n")
        finally:
            folder.close()
        os.sync()  # initdb -N leaves that to us; one sync for all is ten times faster
        fresh.rename(self.shelf.cluster)

    def _initdb(self) -> list[str]:
        if self.programs.major >= BUILTIN_LOCALE_MAJOR_MIN:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            locale = ["--locale=C.UTF-8"]
        return [
            self.programs.program("initdb"),
            f"--username={OWNER}",
            "--encoding=UTF8",
            *locale,
            "--auth=peer",
            "--data-checksums",
            "--no-sync",
            "--no-instructions",
        ]

    def _run(self, folder: OpenFolder, command: list[str], told: str = "") -> None:
        answer = subprocess.run(
            [*self.user.prefix, *command],
            input=told.encode(),
            capture_output=True,
            pass_fds=folder.fds,
            check=False,
            **self.user.options(),
        )
        complaint = answer.stderr.decode(errors="replace")
        # The single-user server answers 0 even when its command failed; its complaint counts.
        if answer.returncode or "FATAL:" in complaint or "ERROR:" in complaint:
            raise self._trouble(complaint)

    def launch(self, *, test_mode: bool) -> None:
        """Start the server and return when it answers; PostgresTrouble when it does not."""
        deadline = time.monotonic() + RECOVERY_SECONDS_MAX
        self._write_access()
        self._clear_up()
        begin = self.shelf.log.stat().st_size
        while True:
            self._spawn(test_mode=test_mode)
            if self._answers(deadline):
                return
            complaint = self._log_since(begin)
            # Children of a killed server need a moment to notice; until then the memory is theirs.
            if "still in use" not in complaint or time.monotonic() > deadline:
                self.stop()
                raise self._trouble(complaint)
            time.sleep(0.1)

    def _write_access(self) -> None:
        """Let in the owner of DATA_DIR, whoever keeps the server, and root, by the kernel's word.

        No password exists that could leak: `peer` asks the kernel who is at the other end.
        """
        users = {identity.name_of(0), identity.name_of(os.geteuid())}  # root may become anyone
        if not self.user.steps_down:
            users.add(self.user.name)
        users.add(identity.name_of(self.shelf.data_dir.stat().st_uid))
        lines = [f'site "{user}" "{role}"\n' for user in sorted(users) for role in ROLES]
        for name, text in (
            ("pg_hba.conf", "local all all peer map=site\n"),
            ("pg_ident.conf", "".join(lines)),
        ):
            path = self.shelf.cluster / name
            path.write_text(text)  # keeps owner and mode: the file exists since initdb

    def _spawn(self, *, test_mode: bool) -> None:
        self.folder = self.folder or OpenFolder(self.shelf.cluster, self.user)
        settings = SETTINGS + (UNSAFE if test_mode else ())
        command = [*self.user.prefix, self.programs.program("postgres"), "-D", self.folder.path]
        for setting in settings:
            command += ["-c", setting]
        with self.shelf.log.open("ab") as log:
            self.server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.folder.fds,
                preexec_fn=dying_with_parent(signal.SIGINT),
                **self.user.options(),
            )

    def _answers(self, deadline: float) -> bool:
        assert self.server is not None
        while time.monotonic() < deadline:
            if self.server.poll() is not None:
                return False
            if _status(self.shelf.cluster) == (self.server.pid, "ready"):
                return True
            time.sleep(PAUSE_SECONDS)
        return False

    def stop(self) -> None:
        """Stop the server quickly but cleanly; after a minute without mercy (no data is lost)."""
        if self.server is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self.server.poll() is not None:
                break
            self.server.send_signal(how)
            try:
                self.server.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                continue

    def _clear_up(self) -> None:
        """Deal with what an earlier server left: stop it if it lives, unlink its files if not.

        We hold the keeper's lock, so a server that still runs here has lost its keeper.
        """
        deadline = time.monotonic() + FOREIGN_SECONDS_MAX
        while True:
            pid, _ = _status(self.shelf.cluster)
            if not pid or not identity.runs_in(pid, self.shelf.cluster):
                break
            if time.monotonic() > deadline:
                raise PostgresTrouble(
                    f"Another PostgreSQL (process {pid}) holds {self.shelf.cluster} and does not "
                    "stop; stop it first."
                )
            os.kill(pid, signal.SIGINT)
            time.sleep(0.05)
        # PostgreSQL itself would refuse while any process has the old number, even a zombie or
        # a stranger. Its check of the shared memory still guards against a living old server.
        for name in ("postmaster.pid", f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.shelf.cluster / name).unlink(missing_ok=True)

    def _log_since(self, begin: int) -> str:
        with self.shelf.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")

    def _trouble(self, complaint: str) -> PostgresTrouble:
        facts = {"data_dir": self.shelf.data_dir, "user": self.user.name}
        for sign, sentence in SENTENCES.items():
            if sign in complaint:
                return PostgresTrouble(
                    f"The embedded PostgreSQL cannot run: {sentence.format(**facts)}."
                )
        said = re.findall(r"(?:FATAL|PANIC|ERROR|error):\s+(.+)", complaint)
        reason = said[-1].rstrip(".") if said else "it gave no reason"
        return PostgresTrouble(
            f"The embedded PostgreSQL cannot run: {reason} (its log is {self.shelf.log})."
        )


def _major(cluster: Path) -> int | None:
    """Read which major version made the folder; None when there is no folder yet."""
    if not cluster.exists():
        return None
    try:
        return int((cluster / "PG_VERSION").read_text())
    except (OSError, ValueError) as error:
        raise PostgresTrouble(
            f"{cluster} is not a PostgreSQL data folder this user can read; "
            "move it away, or name another folder with DATA_DIR=/some/folder."
        ) from error


def _reachable(found: Binaries, user: Identity) -> Binaries:
    needed = [Path(found.program(name)) for name in ("postgres", "initdb")]
    needed += [path for top in found.tree for path in top.rglob("postgres.bki")]
    if identity.can_use(user, needed):
        return found
    return binaries.public_copy(found)


def _status(cluster: Path) -> tuple[int, str]:
    """Read the server's process number and word from `postmaster.pid`; (0, "") without one."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return 0, ""
    number = lines[0].strip() if lines else ""
    return (int(number) if number.isdigit() else 0), (lines[7].strip() if len(lines) > 7 else "")
