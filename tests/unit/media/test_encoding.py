"""Files that are, or only say they are, pictures."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from marketplace.kernel.errors import Refusal
from marketplace.media import encoding
from marketplace.media.encoding import redraw

RED = (200, 40, 30)


def picture(
    kind: str = "PNG", size: tuple[int, int] = (480, 320), mode: str = "RGB", **options: Any
) -> bytes:
    out = io.BytesIO()
    colour = RED if mode == "RGB" else 0
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def noisy(size: tuple[int, int] = (480, 320)) -> Image.Image:
    return Image.effect_noise(size, 60).convert("RGB")


def png_head(width: int, height: int) -> bytes:
    """A PNG that announces any size in a few bytes, with one chunk of packed zeros."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + end

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        redraw(data)
    assert caught.value.field == "picture"
    return caught.value.code


class TestWhatIsTaken:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_a_picture_is_drawn_anew_at_every_width(self, kind: str) -> None:
        drawn = redraw(picture(kind, (2000, 1000)))

        seen = [Image.open(io.BytesIO(variant)) for variant in drawn.variants]
        assert [found.format for found in seen] == ["WEBP"] * 3
        assert [found.size for found in seen] == [(400, 200), (800, 400), (1600, 800)]

    def test_a_small_picture_is_never_blown_up(self) -> None:
        drawn = redraw(picture(size=(300, 250)))

        sizes = {Image.open(io.BytesIO(variant)).size for variant in drawn.variants}
        assert sizes == {(300, 250)}

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
    def test_every_way_to_store_colour_is_read(self, mode: str) -> None:
        assert redraw(picture(mode=mode)).width == 480

    def test_a_grey_of_sixteen_bits_keeps_its_shade(self) -> None:
        out = io.BytesIO()
        Image.new("I;16", (480, 320), 30_000).save(out, "PNG")

        seen = Image.open(io.BytesIO(redraw(out.getvalue()).variants[0])).convert("L")

        shades = set(seen.tobytes())
        assert shades <= {116, 117, 118}

    def test_a_print_picture_in_cmyk_is_read(self) -> None:
        assert redraw(picture("JPEG", mode="CMYK")).width == 480

    def test_see_through_stays_see_through(self) -> None:
        drawn = redraw(picture(mode="RGBA"))

        assert Image.open(io.BytesIO(drawn.variants[0])).mode == "RGBA"

    def test_a_wrong_colour_profile_is_no_reason_to_refuse(self) -> None:
        assert redraw(picture("JPEG", icc_profile=b"not a profile at all")).width == 480

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_camera_notes_nobody_can_read_are_no_reason_to_refuse(self, kind: str) -> None:
        assert redraw(picture(kind, exif=b"Exif\0\0not a directory")).width == 480


class TestWhatIsStripped:
    def test_place_camera_and_words_are_gone(self) -> None:
        exif = Image.Exif()
        exif[0x010F] = "SpyCam 3000"
        exif.get_ifd(0x8825)[2] = (48.0, 8.0, 14.0)  # GPS latitude
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        sent = picture("JPEG", exif=exif, comment=b"my address", icc_profile=srgb)
        assert b"SpyCam" in sent

        for variant in redraw(sent).variants:
            seen = Image.open(io.BytesIO(variant))
            assert dict(seen.getexif()) == {}
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(seen.info)
            assert b"SpyCam" not in variant
            assert b"my address" not in variant

    def test_words_inside_a_png_are_gone(self) -> None:
        words = PngImagePlugin.PngInfo()
        words.add_itxt("XML:com.adobe.xmp", "<x>secret place</x>")
        words.add_text("Author", "secret person")

        for variant in redraw(picture(pnginfo=words)).variants:
            assert b"secret" not in variant

    def test_a_page_hidden_behind_a_picture_is_gone(self) -> None:
        sent = picture("JPEG") + b"<html><script>alert(1)</script></html>PK\x03\x04"

        for variant in redraw(sent).variants:
            assert b"script" not in variant
            assert b"PK\x03\x04" not in variant

    def test_a_phone_held_sideways_gives_an_upright_picture(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # turn right by a quarter

        drawn = redraw(picture("JPEG", exif=exif))

        assert (drawn.width, drawn.height) == (320, 480)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "data",
        [
            b"hello, this is not a picture",
            b"\x89PNG\r\n\x1a\n" + b"\0" * 400,
            b"\xff\xd8\xff\xe0" + b"\0" * 400,
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<?xml version='1.0'?><svg/>",
            b"GIF89a/*" + b"\0" * 400 + b"*/=1;alert(1)//",
            b"%PDF-1.7\n" + b"\0" * 400,
            b"<html><img src=x onerror=alert(1)>",
        ],
        ids=["words", "png", "jpeg", "svg", "xml", "gif-and-script", "pdf", "html"],
    )
    def test_a_file_that_is_no_picture_of_ours(self, data: bytes) -> None:
        assert refusal(data) == "picture_unreadable"

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO"])
    def test_other_kinds_of_pictures_whatever_they_are_called(self, kind: str) -> None:
        assert refusal(picture(kind)) == "picture_unreadable"

    def test_a_gif_with_a_jpeg_inside(self) -> None:
        assert refusal(picture("GIF") + picture("JPEG")) == "picture_unreadable"

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("share", [0.3, 0.9])
    def test_a_file_that_was_cut_off(self, kind: str, share: float) -> None:
        out = io.BytesIO()
        noisy().save(out, kind)
        whole = out.getvalue()

        assert refusal(whole[: int(len(whole) * share)]) == "picture_unreadable"

    def test_nothing_at_all(self) -> None:
        assert refusal(b"") == "picture_missing"

    def test_more_bytes_than_we_take(self) -> None:
        assert refusal(b"\0" * (encoding.BYTES_MAX + 1)) == "picture_too_heavy"

    @pytest.mark.parametrize("size", [(6_400, 6_400), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
    def test_a_bomb_that_would_unpack_to_gigabytes(self, size: tuple[int, int]) -> None:
        sent = png_head(*size)
        assert len(sent) < 2_000

        assert refusal(sent) == "picture_too_large"

    def test_a_ribbon_longer_than_can_be_drawn(self) -> None:
        assert refusal(png_head(300, encoding.SIDE_MAX + 1)) == "picture_too_long"
        assert redraw(picture(size=(300, encoding.SIDE_MAX))).height == encoding.SIDE_MAX

    @pytest.mark.parametrize("size", [(239, 400), (400, 239), (1, 1)])
    def test_a_picture_too_small_to_show(self, size: tuple[int, int]) -> None:
        assert refusal(picture(size=size)) == "picture_too_small"
