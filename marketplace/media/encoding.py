"""From the bytes somebody sent to pictures we are willing to serve.

Whatever comes in is decoded by a library and drawn anew: what is served is never what was
sent, so nothing can hide in it. Pure; takes its time (up to a second), so it runs outside any
transaction.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageCms, ImageOps

from marketplace.kernel.errors import Refusal

BYTES_MAX: Final = 8 * 1024 * 1024
PIXELS_MAX: Final = 40_000_000
SIDE_MIN: Final = 240
SIDE_MAX: Final = 12_000  # WebP itself ends at 16,383
WIDTHS: Final = (400, 800, 1600)
CONTENT_TYPE: Final = "image/webp"

PAGE_SIDE: Final = 2600  # an A4 page at 220 dots an inch: small print stays legible

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_PAGE_FORMATS: Final = ("JPEG", "PNG")
_QUALITY: Final = 80
_PAGE_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture, drawn anew at each of `WIDTHS` (never wider than it was)."""

    width: int
    height: int
    variants: tuple[bytes, ...]


def redraw(data: bytes) -> Drawn:
    """Return the picture in `data` at our widths, upright, in sRGB, without metadata.

    Refuses what is empty, above 8 MB, above 40 megapixels, too small or too long to show, or not
    really a JPEG, PNG or WebP picture, whatever its name says.
    """
    if not data:
        raise Refusal("picture_missing", "picture")
    refuse_heavy(data)
    image = _upright(_decode(data))
    if min(image.size) < SIDE_MIN:
        raise Refusal("picture_too_small", "picture", side=SIDE_MIN)
    return Drawn(image.width, image.height, tuple(_encode(image, width) for width in WIDTHS))


def refuse_heavy(data: bytes) -> None:
    """Refuse a picture above 8 MB."""
    if len(data) > BYTES_MAX:
        raise Refusal("picture_too_heavy", "picture", megabytes=BYTES_MAX // (1024 * 1024))


def redraw_page(data: bytes) -> bytes:
    """Return the JPEG or PNG picture of a paper in `data` as one upright JPEG, without metadata.

    Refuses the same as `redraw`, but takes pictures that are small or in no need to look good.
    """
    image = _upright(_decode(data, _PAGE_FORMATS))
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    page.thumbnail((PAGE_SIDE, PAGE_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    page.save(out, "JPEG", quality=_PAGE_QUALITY, optimize=True)
    return out.getvalue()


def _decode(data: bytes, formats: tuple[str, ...] = _FORMATS) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=formats)
            _refuse_endless(image)
            image.load()
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise Refusal("picture_too_large", "picture", megapixels=PIXELS_MAX // 1_000_000) from None
    except Exception:  # noqa: BLE001 - a decoder given hostile bytes may raise anything
        raise Refusal("picture_unreadable", "picture") from None
    return image


def _refuse_endless(image: Image.Image) -> None:
    # Read from the head of the file: nothing has been unpacked yet.
    if image.width * image.height > PIXELS_MAX:
        raise Refusal("picture_too_large", "picture", megapixels=PIXELS_MAX // 1_000_000)
    if max(image.size) > SIDE_MAX:
        raise Refusal("picture_too_long", "picture", side=SIDE_MAX)


def _upright(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    turned = _in_eight_bits(_turned(image))
    has_alpha = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
    if turned.mode == "CMYK" and profile:
        return _to_srgb(turned, profile).convert("RGB")
    plain = turned.convert("RGBA" if has_alpha else "RGB")
    return _to_srgb(plain, profile) if profile else plain


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - notes nobody can read are no reason to refuse a picture
        return image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    # Pillow would cut the values of 16-bit greys off at 255: all white.
    if not image.mode.startswith("I"):
        return image
    return image.point(lambda value: value * (1 / 256) + 0).convert("L")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    # A wrong profile is no reason to refuse a picture; its colours are merely taken as sRGB.
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB" if image.mode == "CMYK" else image.mode,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _encode(image: Image.Image, width: int) -> bytes:
    fitted = image
    if image.width > width:
        height = max(1, round(image.height * width / image.width))
        fitted = image.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    # exif="" and friends: Pillow would copy them from the source's info.
    fitted.save(out, "WEBP", quality=_QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()
