"""Pictures to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.infra.database import rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.media.encoding import WIDTHS

_THIRD = 34


class PictureRow(NamedTuple):
    """One picture as pages need it."""

    id: UUID
    owner_id: UUID
    alt: str
    focus_x: int
    focus_y: int
    width: int
    height: int
    key_small: str
    key_medium: str
    key_large: str

    @property
    def src(self) -> str:
        """Where the middle width is served."""
        return src(self.key_medium)

    @property
    def src_large(self) -> str:
        """Where the largest width is served."""
        return src(self.key_large)

    @property
    def srcset(self) -> str:
        """All widths, for `<img srcset>`; a picture is never announced wider than it is."""
        return srcset((self.key_small, self.key_medium, self.key_large), self.width)

    @property
    def focus(self) -> str:
        """Which of nine places must stay in sight when the picture is cropped."""
        return focus_words(self.focus_x, self.focus_y)


def src(key: str) -> str:
    """Return where the width with this key is served."""
    return f"/media/{key}"


def srcset(keys: Sequence[str], widest: int) -> str:
    """Return all widths of a picture, small to large, none announced wider than it is."""
    widths = [min(width, widest) for width in WIDTHS]
    sized = dict(zip(widths, keys, strict=True))
    return ", ".join(f"{src(key)} {width}w" for width, key in sized.items())


def focus_words(x: int, y: int) -> str:
    """Return a point in percent as `top-left`, `middle`, `bottom-right` and so on."""
    across = "-left" if x < _THIRD else "-right" if x > 100 - _THIRD else ""
    down = "top" if y < _THIRD else "bottom" if y > 100 - _THIRD else "middle"
    return down + across


COLUMNS: Final = (
    "id, owner_id, alt, focus_x, focus_y, width, height, key_small, key_medium, key_large"
)


def pictures(ids: Sequence[UUID]) -> dict[UUID, PictureRow]:
    """Return the pictures with these ids, by id; unknown ids are left out."""
    if not ids:
        return {}
    sql = f"SELECT {COLUMNS} FROM picture WHERE id = ANY(%s)"  # noqa: S608 - our own constant
    return {found.id: found for found in rows(sql, (list(ids),), into=PictureRow)}


def owned(picture_id: UUID, owner_id: UUID) -> PictureRow:
    """Return the owner's own picture; somebody else's is `NotFound`."""
    found = pictures([picture_id]).get(picture_id)
    if found is None or found.owner_id != owner_id:
        raise NotFound(str(picture_id))
    return found


def count_since(owner_id: UUID, since: object) -> int:
    """Return how many pictures the person uploaded after `since`."""
    sql = "SELECT count(*) FROM picture WHERE owner_id = %s AND created_at > %s"
    return int(scalar(sql, (owner_id, since)))
