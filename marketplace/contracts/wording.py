"""Contract texts: versioned templates with named places, filled with values into blocks of paper.

A template is plain text. Its first lines name it; a line `# …` heads a section, `[[name]]` alone
on a line stands for a table or a list of facts, `{name}` for a value. The words are in the
language of the template, whatever language the site is read in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from marketplace.contracts.consents import digest
from marketplace.infra.pdf import Block, Heading, Paragraph

_HEAD: Final = ("code", "version", "language", "title", "page")
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_TABLE: Final = re.compile(r"^\[\[([a-z_]+)\]\]$")


@dataclass(frozen=True, slots=True)
class Template:
    """A text in one version; what was agreed under a version never changes with a later one."""

    code: str
    version: int
    language: str
    title: str
    body: str
    page: str = "{number} / {pages}"

    @property
    def digest(self) -> str:
        """What stands for these very words."""
        return digest([self.code, self.version, self.language, self.title, self.body])

    @property
    def places(self) -> frozenset[str]:
        """The names of the values it needs."""
        return frozenset(_PLACE.findall(self.body))

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables it needs."""
        found = (_TABLE.match(line) for line in self.body.splitlines())
        return frozenset(match.group(1) for match in found if match)


def read(text: str) -> Template:
    """Return the template written as `text`; a ValueError names what its head lacks."""
    head, _mark, body = text.partition("\n---\n")
    facts = dict(line.split(": ", 1) for line in head.strip().splitlines())
    if missing := [name for name in _HEAD if name not in facts]:
        raise ValueError(f"a template's head must name {', '.join(missing)}")
    return Template(
        code=facts["code"],
        version=int(facts["version"]),
        language=facts["language"],
        title=facts["title"],
        body=body.strip() + "\n",
        page=facts["page"],
    )


def terms_hash(template: Template, values: Mapping[str, str]) -> str:
    """Return what stands for terms shown to somebody: the text's version and its values."""
    return digest([template.digest, dict(values)])


def fill(
    template: Template, values: Mapping[str, str], tables: Mapping[str, Sequence[Block]]
) -> list[Block]:
    """Return the contract as blocks; a place nothing is given for is a ValueError."""
    missing = sorted((template.places - set(values)) | (template.tables - set(tables)))
    if missing:
        raise ValueError(f"{template.code} {template.version} wants {', '.join(missing)}")
    return list(_blocks(template, values, tables))


def _blocks(
    template: Template, values: Mapping[str, str], tables: Mapping[str, Sequence[Block]]
) -> Iterator[Block]:
    for part in re.split(r"\n\s*\n", template.body):
        text = " ".join(part.split())
        if table := _TABLE.match(text):
            yield from tables[table.group(1)]
        elif text.startswith("# "):
            yield Heading(_filled(text[2:], values))
        elif text:
            yield Paragraph(_filled(text, values))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: values[match.group(1)], text)
