"""The sentences of what pictures are refused for."""

from __future__ import annotations

from typing import Final

from marketplace.web.locale import _l

REFUSALS: Final = {
    "picture_missing": _l("Choose a picture to upload."),
    "picture_too_heavy": _l(
        "The file is larger than %(megabytes)s MB. Save it smaller and upload it again."
    ),
    "picture_too_large": _l(
        "The picture has more than %(megapixels)s million pixels. Scale it down and upload it"
        " again."
    ),
    "picture_too_small": _l(
        "The picture is too small to look good: each side needs at least %(side)s pixels."
    ),
    "picture_too_long": _l("No side of the picture may have more than %(side)s pixels."),
    "picture_unreadable": _l(
        "This file is not a JPEG, PNG or WebP picture. Other kinds, whatever they are called,"
        " are not taken."
    ),
    "alt_missing": _l("Say in a few words what the picture shows, for people who cannot see it."),
    "alt_too_long": _l("Describe the picture in %(most)s characters or fewer."),
    "pictures_too_many": _l("You can upload %(most)s pictures a day. Come back tomorrow."),
}
