"""Kinds of columns that the tables of campaigns share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import mapped_column

Key = Annotated[UUID, mapped_column(primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
