"""The sentences of what films, sound and files are refused for."""

from __future__ import annotations

from typing import Final

from marketplace.web.locale import _l

REFUSALS: Final = {
    "file_missing": _l("Choose a file to upload."),
    "file_too_heavy": _l("The file is larger than %(megabytes)s MB."),
    "file_unknown": _l(
        "This file is none of the kinds that are taken: MP4 or WebM film; MP3, M4A, OGG, FLAC or"
        " WAV sound; EPUB or PDF; a ZIP of these. What it is called does not count."
    ),
    "file_untitled": _l("Give it a title."),
    "file_title_too_long": _l("Use %(most)s characters or fewer."),
    "files_too_many": _l("You can upload %(gigabytes)s GB a day. Come back tomorrow."),
    "recording_unknown": _l(
        "This cannot be played in a browser. Upload film as MP4 or WebM, sound as MP3, M4A, OGG,"
        " FLAC or WAV."
    ),
    "archive_unreadable": _l("This archive is damaged and cannot be read."),
    "archive_encrypted": _l("This archive is encrypted. Upload one that opens without a password."),
    "archive_too_many": _l("An archive may hold at most %(most)s files."),
    "archive_bomb": _l("This archive would unpack to far more than it is, so it is not taken."),
    "archive_leads_out": _l("This archive names places outside of itself, so it is not taken."),
    "archive_stranger": _l(
        "“%(name)s” may not be in the archive: only music, film, pictures and text."
    ),
    "captions_missing": _l(
        "Add captions for people who cannot hear it, or say that nobody speaks in it."
    ),
    "captions_unreadable": _l("This is not a WebVTT file, or one of its times is wrong."),
    "captions_empty": _l("There is not a word in these captions."),
    "captions_too_long": _l("These captions are too long."),
    "captions_out_of_order": _l("These captions are not in the order of time."),
    "transcript_too_long": _l("Use %(most)s characters or fewer."),
}
