"""Questions, comments, following, feeds and calendars of a campaign."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from marketplace.campaigns.services import telling
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person
from tests.page_client import PageClient, alone
from tests.pages.campaigns.conftest import Enter


def test_a_question_is_asked_answered_and_taken_off_the_page(
    world: World, enter: Enter, passer_by: PageClient
) -> None:
    sponsor, asker = a_person("Sponsor Sol"), a_person("Asker Asa")
    path = f"/projects/{public_id('cmp', build.a_live_campaign(sponsor.as_actor()))}/questions"
    assert "No question yet" in passer_by.get(path).text
    reader, maker = enter(asker), enter(sponsor)

    empty = reader.send(reader.get(path), "/questions", status=422, body=" ")
    assert empty.errors == ["Write something."]
    page = reader.follow(reader.send(reader.get(path), "/questions", body="Why <b>clay</b>?"))
    assert "Why <b>clay</b>?" in page.text
    world.work()
    assert any("A question about" in subject for subject in build.subjects(sponsor.email))

    mine = maker.get(path)
    assert "/questions" not in [form.action[-10:] for form in mine.forms if form.method == "post"]
    thread = maker.get(mine.links["Answer: Asker Asa"])
    page = maker.follow(maker.send(thread, "/talk/", body="It keeps the heat."))
    assert "It keeps the heat." in page.text
    assert "Makes this project" in page.text
    world.work()
    assert any("A reply to you" in subject for subject in build.subjects(asker.email))

    report = passer_by.get(passer_by.get(path).links["Report: Asker Asa"])
    assert "clay" in report.text

    moderator = enter(a_moderator())
    thread = moderator.get(moderator.get(path).links["Reply: Asker Asa"])
    desk = moderator.get(thread.links["Take words off the page"])
    assert moderator.send(desk, "/hide", status=422).errors == ["Choose the reason from the list."]
    page = moderator.follow(moderator.send(desk, "/hide", code="off_topic"))
    assert "Taken off this page by a moderator: It is about something else." in page.text
    assert "clay" not in passer_by.get(path).text.split("Sign in to ask")[1]
    reader.get(desk.form("/hide").action, status=403)


def test_comments_are_for_backers_and_the_maker(world: World, enter: Enter) -> None:
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(sponsor.as_actor())
    path = f"/projects/{public_id('cmp', made)}/comments"
    build.pledged(world, made, backer=backer.as_actor())
    other, reader = enter(a_person("Otto Other")), enter(backer)

    assert "You can ask a question instead" in other.get(path).text
    token = other.get(f"/projects/{public_id('cmp', made)}").form("/follow").fields["csrf_token"]
    refused = other.post(path, {"csrf_token": token, "body": "Let me in"}, status=422)
    assert "Comments are for those who back the project" in refused.text

    page = reader.follow(reader.send(reader.get(path), "/comments", body="Go on!"))
    assert "Go on!" in page.text


def test_following_is_one_button_and_a_list(world: World, enter: Enter) -> None:
    del world
    made = build.a_live_campaign(title="Lamps for all")
    path, reader = f"/projects/{public_id('cmp', made)}", enter(a_person("Fan Fay"))

    page = reader.follow(reader.send(reader.get(path), "/follow"))
    assert "Follow no longer" in page.text
    token = page.form("/unfollow").fields["csrf_token"]
    reader.post(f"{path}/follow-sponsor", {"csrf_token": token})
    listed = reader.get("/my/follows")
    assert {"Lamps for all", "Open in a calendar"} <= set(listed.links)
    assert "Sponsor Sol" in listed.text

    answer = alone(reader.client.get, listed.links["Open in a calendar"].split("localhost")[1])
    assert "SUMMARY:Last moment to pledge: Lamps for all" in answer.text
    assert alone(reader.client.get, "/my/dates/forged.ics").status_code == 404
    listed = reader.follow(reader.send(listed, "campaign/"))
    assert "Lamps for all" not in listed.links


def test_feeds_and_dates_need_no_account(world: World, passer_by: PageClient) -> None:
    del world
    sponsor = a_person("Sponsor Sol").as_actor()
    made = build.a_live_campaign(sponsor, title="Lamps & more")
    telling.post_update(
        sponsor, made, title="The <kiln>", body="<p>Hot.</p>", form_key="k", now=clock.now()
    )
    path = f"/projects/{public_id('cmp', made)}"

    for address, title in (
        (f"{path}/updates.atom", "The <kiln>"),
        ("/projects.atom", "Lamps & more"),
    ):
        answer = alone(passer_by.client.get, address)
        assert answer.mimetype == "application/atom+xml"
        feed = ET.fromstring(answer.text)  # noqa: S314 - our own
        titles = [found.text for found in feed.iter("{http://www.w3.org/2005/Atom}title")]
        assert title in titles[1:]
    dates = alone(passer_by.client.get, f"{path}/dates.ics")
    assert dates.mimetype == "text/calendar"
    assert "BEGIN:VEVENT" in dates.text
