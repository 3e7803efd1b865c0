"""A day and time as the clocks of a campaign's own place show it."""

from __future__ import annotations

from datetime import datetime

from wtforms.validators import ValidationError

from marketplace.campaigns.rules import deadlines
from marketplace.web.forms import MomentField
from marketplace.web.locale import _
from marketplace.web.refusals import sentence


class PlacedMomentField(MomentField):
    """A time on the wall of a place; one that never comes there, or comes twice, is refused.

    `at` says which place, and what stands now: left as it is shown, it stays that very instant.
    """

    zone = deadlines.UTC_ZONE
    standing: datetime | None = None

    def at(self, zone: str, standing: datetime | None) -> None:
        """Read and show the clocks of this zone; until something is typed, what stands now."""
        self.zone, self.standing = zone, standing
        self.label.text = _("%(label)s (%(zone)s)", label=self.label.text, zone=zone)
        if not self.raw_data:
            self.data = self._shown

    def pre_validate(self, _form: object) -> None:
        """Insist on a time that comes once."""
        if self.data is None or self.data == self._shown:
            return
        for refusal in deadlines.refusals(self.data, self.zone):
            raise ValidationError(sentence(refusal))

    @property
    def moment(self) -> datetime | None:
        """The time, aware and in UTC."""
        if self.data is None or self.data == self._shown:
            return self.standing if self.data else None
        return deadlines.readings(self.data, self.zone)[0]

    @property
    def _shown(self) -> datetime | None:
        if self.standing is None:
            return None
        wall = deadlines.on_the_wall(self.standing, self.zone)
        return wall.replace(second=0, microsecond=0)
