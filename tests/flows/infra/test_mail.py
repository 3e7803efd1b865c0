"""Mail: once for each reason, after the commit, to a file or by a mail server."""

from __future__ import annotations

import email
import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask

from marketplace.infra import jobs, mail, settings
from marketplace.infra.commands import command
from marketplace.infra.database import column, db


@command
def send(key: str = "k", subject: str = "Hello", to: str = "ada@x.test") -> None:
    mail.send(to, subject, "Good news.\n", key=key, html="<p>Good news.</p>")


def files(folder: Path) -> list[Message]:
    return [
        email.message_from_bytes(found.read_bytes())
        for found in sorted((folder / "mail").glob("*.eml"))
    ]


@pytest.fixture(autouse=True)
def empty(data_dir: Path) -> None:
    for old in (data_dir / "mail").glob("*.eml"):
        old.unlink()


def test_without_a_server_it_becomes_a_file(app: Flask, data_dir: Path) -> None:
    send()

    before = files(data_dir)
    jobs.run_due()

    (written,) = files(data_dir)
    assert before == []
    assert (written["To"], written["Subject"]) == ("ada@x.test", "Hello")
    assert [part.get_content_type() for part in written.walk()][1:] == ["text/plain", "text/html"]


def test_twice_for_the_same_reason_is_once(app: Flask, data_dir: Path) -> None:
    send()
    send(subject="Hello again")
    jobs.run_due()

    assert [written["Subject"] for written in files(data_dir)] == ["Hello"]


def test_a_line_break_adds_no_header(app: Flask, data_dir: Path) -> None:
    send(subject="Hello\r\nBcc: everyone@x.test")
    jobs.run_due()

    (written,) = files(data_dir)
    assert written["Bcc"] is None
    assert written["Subject"] == "Hello Bcc: everyone@x.test"


class _Server(socketserver.StreamRequestHandler):
    """A mail server that takes everything."""

    taken: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text.decode())
                self.taken.append("".join(lines))
            self.wfile.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")


@pytest.fixture
def mail_server(app: Flask) -> Iterator[str]:
    _Server.taken.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Server) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        former = settings.current_settings()
        url = f"smtp://127.0.0.1:{server.server_address[1]}"
        settings.install(replace(former, mail_url=url))
        yield url
        settings.install(former)
        server.shutdown()
        thread.join()


def test_a_server_that_is_named_gets_it_once(mail_server: str, data_dir: Path) -> None:
    send()
    jobs.run_due()
    jobs.run_due()

    (taken,) = _Server.taken
    assert "Subject: Hello\r\n" in taken
    assert files(data_dir) == []


def test_it_says_that_a_machine_wrote_it(app: Flask, data_dir: Path) -> None:
    send()
    jobs.run_due()

    (written,) = files(data_dir)
    assert written["Auto-Submitted"] == "auto-generated"


class _Stranger(socketserver.StreamRequestHandler):
    """A server that shows the certificate it is given, and notes what is said to it."""

    heard: ClassVar[list[bytes]] = []
    papers: ClassVar[ssl.SSLContext]

    def handle(self) -> None:
        try:
            line = self.papers.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, ConnectionError):
            return
        line.sendall(b"220 here\r\n")
        while said := line.recv(1000):
            self.heard.append(said)
            line.sendall(b"250-here\r\n250 AUTH PLAIN\r\n")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_no_password_is_said_to_a_server_that_cannot_prove_who_it_is(
    app: Flask, tmp_path: Path
) -> None:
    key, paper = tmp_path / "key.pem", tmp_path / "paper.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run([*make.split(), "-keyout", key, "-out", paper], check=True, capture_output=True)
    _Stranger.heard.clear()
    _Stranger.papers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _Stranger.papers.load_cert_chain(paper, key)
    former = settings.current_settings()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Stranger) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"smtps://ada:secret@127.0.0.1:{server.server_address[1]}"
        settings.install(replace(former, mail_url=url))
        try:
            send()
            with pytest.raises(ssl.SSLCertVerificationError):
                jobs.run_due()
        finally:
            settings.install(former)
            server.shutdown()

    assert _Stranger.heard == []


def test_while_the_server_is_away_it_waits(app: Flask) -> None:
    former = settings.current_settings()
    settings.install(replace(former, mail_url="smtp://127.0.0.1:1"))
    try:
        send()
        with pytest.raises(ConnectionRefusedError):
            jobs.run_due()
    finally:
        settings.install(former)

    assert column("SELECT sent_at FROM mail_message") == [None]
    db.session.rollback()
