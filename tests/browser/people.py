"""People at a browser: they read headings, fill in what has a label and press what says so."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

PASSWORD = "four unrelated cellar words"
GOOD_CARD = "4242 4242 4242 4242"
WAIT_SECONDS_MAX = 60.0


class Visitor:
    """One person with a browser of their own. Whatever a page complains about is kept."""

    def __init__(self, browser: Browser, address: str, *, script: bool = True) -> None:
        self.address = address
        self.context = browser.new_context(base_url=address, java_script_enabled=script)
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.refused: set[str] = set()  # pages that said no, which the story reads
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._overhear)
        self.page.on("response", self._watch)

    def _overhear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"] not in self.refused:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _watch(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")
        elif response.status >= 400 and response.request.resource_type == "document":
            self.refused.add(response.url)

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(path)

    def fill(self, label: str, text: str) -> None:
        """Type into the field with this label."""
        self.page.get_by_label(label, exact=False).first.fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list."""
        self.page.get_by_label(label, exact=False).first.select_option(label=option)

    def tick(self, label: str) -> None:
        """Tick a box or a radio button."""
        self.page.get_by_label(label, exact=False).first.check()

    def press(self, label: str) -> None:
        """Press a button, and wait for the page it leads to."""
        self._act(self.page.get_by_role("button", name=label).first)

    def follow(self, label: str) -> None:
        """Follow a link."""
        self._act(self.page.get_by_role("link", name=label).first)

    def _act(self, target: Locator) -> None:
        target.click()
        self.page.wait_for_load_state("load")

    def reads(self, text: str) -> None:
        """Insist that the main part of the page says this."""
        expect(self.page.locator("main")).to_contain_text(text)

    @property
    def words(self) -> str:
        """What the main part says, white space folded."""
        return " ".join(self.page.locator("main").inner_text().split())

    @property
    def path(self) -> str:
        """Where the browser is, without the site's address."""
        return self.page.url.removeprefix(self.address)

    def reloads_until(self, text: str) -> None:
        """Look again until the page says this: what the provider tells arrives by itself."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while text not in self.words:
            assert time.monotonic() < deadline, self.words
            time.sleep(0.3)
            self.page.reload()

    def sign_up(self, name: str, mails: Path) -> None:
        """Join with the link from the mail, then sign in."""
        email = f"{name.lower().replace(' ', '.')}@people.example"
        self.go("/sign-up")
        self.fill("Your name", name)
        self.fill("E-mail address", email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Sign up")
        self.page.goto(link_in(mails, email, "/confirm/"))
        self.press("Confirm my address")
        self.sign_in(email, PASSWORD)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in."""
        self.go("/sign-in")
        self.fill("E-mail address", email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.press("Sign in")
        expect(self.page.locator("form[action$='/sign-out']").first).to_be_attached()

    def pay(self, card: str = GOOD_CARD) -> None:
        """Pay on the provider's page and come back."""
        assert not self.page.url.startswith(self.address), self.page.url
        self.fill("Test card number", card)
        self.page.get_by_role("button", name=re.compile(r"^Pay [A-Z]{3}")).click()
        self.page.wait_for_url(f"{self.address}/**")

    def set_up_payouts(self, holder: str = "As on the card") -> None:
        """Give the provider an account to pay to; a loan is paid only to one in the own name."""
        self.go("/account/payouts")
        self.press("Set up payouts")
        self.fill("Name on the account", holder)
        self.fill("Test account number", "1000000001")
        self.press("Save and go back")
        self.go("/account/payouts")
        self.reloads_until("Set up")


def link_in(mails: Path, email: str, part: str) -> str:
    """Wait for a mail to `email` with a link that holds `part`; returns the newest one's."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        for file in sorted(mails.glob("*.eml"), reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            found = re.search(rf"https?://\S*{re.escape(part)}\S+", text)
            if email in str(mail["To"]) and found:
                return found[0]
        assert time.monotonic() < deadline, f"no mail to {email} in {mails}"
        time.sleep(0.2)


def letters_to(mails: Path, name: str) -> str:
    """Everything the site wrote to somebody."""
    files = (file.read_text(errors="replace") for file in sorted(mails.glob("*.eml")))
    return "\n".join(text for text in files if f"{name}@" in text.partition("\n\n")[0])
