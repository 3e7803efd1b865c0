"""Documents on paper: one house style, and the same bytes for the same words each time.

A document is a run of blocks: headings, paragraphs, facts, tables. Figures stand right, in digits
of one width. Latin, Greek and Cyrillic letters are in the file; Chinese, Japanese and Korean ones
come from the fonts that every reader of PDF knows by name, so that nothing has to be installed.
"""

from __future__ import annotations

import functools
import io
import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    PageBreak,
    PageTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as Set

_FONTS: Final = Path(__file__).with_name("fonts")
_PLAIN: Final = "DejaVuSans"
_BOLD: Final = "DejaVuSans-Bold"
# Fonts that readers bring along, by the language of the document.
_EASTERN: Final = {"zh_Hant": "MSung-Light", "ja": "HeiseiMin-W3", "ko": "HYSMyeongJo-Medium"}
_EASTERN_ELSE: Final = "STSong-Light"
_EASTERN_FROM: Final = 0x2E80
_SIGNS_KEPT: Final = 4_096  # of which it is remembered how they are set

_INK: Final = HexColor("#1f1b16")
_QUIET: Final = HexColor("#5c5348")
_LINE: Final = HexColor("#d8cfc0")
_EMBER: Final = HexColor("#a63c06")
_MARGIN: Final = 20 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_HEIGHT: Final = A4[1] - 2 * _MARGIN - 4 * mm
_SMALLEST: Final = 0.6  # of its size, before a word that is too long for its column is broken
_ROOM: Final = 30 * mm  # what a heading wants below it, else it begins the next page


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a part; it never stands alone at the foot of a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and what it is."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `share` is its part of the width, `figures` stand right."""

    label: str
    share: float = 1
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads that return on every page; `totals` is the last row, ruled off."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a page of its own."""


Block = Heading | Paragraph | Facts | Table | NewPage


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands around the blocks.

    `page_words` says "Page 1 of 3" in the reader's language; `reference` stands on every page.
    """

    title: str
    issuer: str
    reference: str
    page_words: Callable[[int, int], str]
    subtitle: str = ""
    language: str = "en"
    blocks: Sequence[Block] = field(default=())


def write(paper: Paper) -> bytes:
    """Return the document; equal papers give equal bytes."""
    _load_fonts()
    setter = _Setter(_EASTERN.get(paper.language.replace("-", "_"), _EASTERN_ELSE))
    kept = io.BytesIO()
    frame = Frame(_MARGIN, _MARGIN, _WIDTH, _HEIGHT, *(0, 0, 0, 0))
    leaves = functools.partial(_Leaves, paper=paper)
    document = BaseDocTemplate(
        kept,
        pagesize=A4,
        pageTemplates=[PageTemplate(frames=[frame])],
        title=paper.title,
        author=paper.issuer,
        subject=paper.reference,
        lang=paper.language.replace("_", "-"),
        initialFontName=_PLAIN,  # else the reader's own is named in every file
        invariant=1,
    )
    document.build(list(_flow(paper, setter)), canvasmaker=leaves)
    return kept.getvalue()


def _flow(paper: Paper, setter: _Setter) -> Iterator[Flowable]:
    yield setter.text(paper.title, _TITLE)
    if paper.subtitle:
        yield setter.text(paper.subtitle, _QUIET_TEXT)
    yield Spacer(0, 5 * mm)
    for block in paper.blocks:
        yield from setter.block(block)


class _Setter:
    """Sets blocks in type."""

    def __init__(self, eastern: str) -> None:
        self._eastern = eastern

    def block(self, block: Block) -> list[Flowable]:
        """Return a block as the pieces that flow over the pages."""
        match block:
            case Heading(text):
                return [CondPageBreak(_ROOM), Spacer(0, 3 * mm), self.text(text, _HEADING)]
            case Paragraph(text, quiet):
                style = _QUIET_TEXT if quiet else _TEXT
                return [self.text(part, style) for part in text.split("\n") if part]
            case Facts(rows):
                return [KeepTogether([self._facts(rows)]), Spacer(0, 3 * mm)] if rows else []
            case Table():
                return [self._table(block), Spacer(0, 4 * mm)]
            case NewPage():
                return [PageBreak()]

    def text(self, text: str, style: ParagraphStyle) -> Flowable:
        """Return text that may be longer than a line."""
        return Set(self._marked(text), _eastern_style(style.name) if _is_eastern(text) else style)

    def _marked(self, text: str) -> str:
        runs = itertools.groupby(map(_known, text), key=_is_eastern)
        return "".join(
            f'<font name="{self._eastern}">{escape("".join(run))}</font>'
            if eastern
            else escape("".join(run))
            for eastern, run in runs
        )

    def _cell(self, text: str, style: ParagraphStyle, width: float) -> str | Flowable:
        """Return plain text where it fits on its line: a paragraph costs fifty times as much."""
        known = "".join(map(_known, text))
        if _is_eastern(known):
            return self.text(text, style)
        if _breadth(known, style) <= width - 4:
            return known
        return self.text(text, _unbroken(known, style, width - 4))

    def _facts(self, rows: Sequence[tuple[str, str]]) -> Flowable:
        widths = (_WIDTH * 0.36, _WIDTH * 0.64)
        cells = [
            [self._cell(name, _NAME, widths[0]), self._cell(what, _CELL, widths[1])]
            for name, what in rows
        ]
        quiet = ("TEXTCOLOR", (0, 0), (0, -1), _QUIET)
        return LongTable(cells, colWidths=widths, style=TableStyle([*_RULES, quiet]))

    def _table(self, table: Table) -> Flowable:
        whole = sum(column.share for column in table.columns)
        widths = [_WIDTH * column.share / whole for column in table.columns]
        heads = [
            (column.label, _HEAD_RIGHT if column.figures else _HEAD) for column in table.columns
        ]
        cells = [[self._cell(*head, width) for head, width in zip(heads, widths, strict=True)]]
        kinds = [_CELL_RIGHT if column.figures else _CELL for column in table.columns]
        cells += [self._row(row, kinds, widths) for row in table.rows]
        style = [*_RULES, *_HEAD_RULES]
        if table.totals is not None:
            bold = [_HEAD_RIGHT if column.figures else _HEAD for column in table.columns]
            cells.append(self._row(table.totals, bold, widths))
            style += _TOTAL_RULES
        style += [
            ("ALIGN", (n, 0), (n, -1), "RIGHT")
            for n, column in enumerate(table.columns)
            if column.figures
        ]
        return LongTable(cells, colWidths=widths, repeatRows=1, style=TableStyle(style))

    def _row(
        self, row: Sequence[str], styles: Sequence[ParagraphStyle], widths: Sequence[float]
    ) -> list[str | Flowable]:
        cells = zip(row, styles, widths, strict=True)
        return [self._cell(text, style, width) for text, style, width in cells]


class _Leaves(Canvas):
    """A canvas that knows how many pages there are before it writes the first foot."""

    def __init__(self, *args: Any, paper: Paper, **kwargs: Any) -> None:  # noqa: ANN401 - theirs
        super().__init__(*args, **kwargs)
        self._paper = paper
        self._leaves: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's word
        self._leaves.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        leaves = self._leaves
        for leaf in leaves:
            self.__dict__.update(leaf)
            self._frame(len(leaves))
            super().showPage()
        super().save()

    def _frame(self, pages: int) -> None:
        paper, right = self._paper, A4[0] - _MARGIN
        top, foot = A4[1] - _MARGIN + 2 * mm, _MARGIN - 8 * mm
        self.setFillColor(_EMBER)
        self.rect(_MARGIN, top - 2.4 * mm, 12 * mm, 0.8 * mm, stroke=0, fill=1)
        self.setFillColor(_QUIET)
        self.setFont(_BOLD, 8)
        self.drawString(_MARGIN, top, paper.issuer)
        self.setFont(_PLAIN, 7.5)
        self.drawRightString(right, top, paper.reference)
        self.drawRightString(right, foot, paper.page_words(self.getPageNumber(), pages))


@functools.lru_cache(maxsize=1)
def _load_fonts() -> frozenset[int]:
    """Register the fonts once and return the signs that ours have."""
    rl_config.useA85 = 0  # writing streams in letters costs time and a quarter of the room
    plain = TTFont(_PLAIN, str(_FONTS / f"{_PLAIN}.ttf"))
    pdfmetrics.registerFont(plain)
    pdfmetrics.registerFont(TTFont(_BOLD, str(_FONTS / f"{_BOLD}.ttf")))
    for name in (*_EASTERN.values(), _EASTERN_ELSE):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(plain.face.charToGlyph)


@functools.lru_cache(maxsize=_SIGNS_KEPT)
def _known(sign: str) -> str:
    """Return a sign that can be set: without its accent, at worst as a question mark."""
    if ord(sign) in _load_fonts() or _is_eastern(sign):
        return sign
    bare = unicodedata.normalize("NFKD", sign)[0]
    return bare if ord(bare) in _load_fonts() or _is_eastern(bare) else "?"


def _breadth(text: str, style: ParagraphStyle) -> float:
    return pdfmetrics.stringWidth(text, style.fontName, style.fontSize)


def _unbroken(text: str, style: ParagraphStyle, width: float) -> ParagraphStyle:
    """Return a style, smaller if need be, in which no amount or id breaks in its middle."""
    scale = 0.99 * width / max(_breadth(word, style) for word in text.split(" "))
    if scale >= 1:
        return style
    size = style.fontSize * max(scale, _SMALLEST)
    return ParagraphStyle(style.name, parent=style, fontSize=size)


def _is_eastern(text: str) -> bool:
    return not text.isascii() and any(
        _EASTERN_FROM <= ord(sign) < 0x1F000 or ord(sign) >= 0x20000 for sign in text
    )


def _style(name: str, font: str, size: float, **more: Any) -> ParagraphStyle:  # noqa: ANN401
    facts: dict[str, Any] = {"textColor": _INK, "leading": size * 1.4, **more}
    return ParagraphStyle(name, fontName=font, fontSize=size, **facts)


_TITLE: Final = _style("title", _BOLD, 17, spaceAfter=2 * mm)
_HEADING: Final = _style("heading", _BOLD, 11, spaceAfter=2 * mm)
_TEXT: Final = _style("text", _PLAIN, 9, spaceAfter=2 * mm)
_QUIET_TEXT: Final = _style("quiet", _PLAIN, 8.5, textColor=_QUIET, spaceAfter=2 * mm)
_NAME: Final = _style("name", _PLAIN, 8.5, textColor=_QUIET)
_CELL: Final = _style("cell", _PLAIN, 8)
_CELL_RIGHT: Final = _style("cell-right", _PLAIN, 8, alignment=TA_RIGHT)
_HEAD: Final = _style("head", _BOLD, 7.5)
_HEAD_RIGHT: Final = _style("head-right", _BOLD, 7.5, alignment=TA_RIGHT)
_STYLES: Final = {
    style.name: style
    for style in (
        *(_TITLE, _HEADING, _TEXT, _QUIET_TEXT, _NAME),
        *(_CELL, _CELL_RIGHT, _HEAD, _HEAD_RIGHT),
    )
}


@functools.cache
def _eastern_style(name: str) -> ParagraphStyle:
    """Return the style for lines that may break between any two signs."""
    return ParagraphStyle(f"{name}-eastern", parent=_STYLES[name], wordWrap="CJK")


_RULES: Final[list[tuple[Any, ...]]] = [
    ("FONT", (0, 0), (-1, -1), _PLAIN, 8),
    ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LINEBELOW", (0, 0), (-1, -1), 0.35, _LINE),
]
_HEAD_RULES: Final[list[tuple[Any, ...]]] = [
    ("FONT", (0, 0), (-1, 0), _BOLD, 7.5),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK),
]
_TOTAL_RULES: Final[list[tuple[Any, ...]]] = [
    ("FONT", (0, -1), (-1, -1), _BOLD, 7.5),
    ("LINEABOVE", (0, -1), (-1, -1), 0.8, _INK),
]
