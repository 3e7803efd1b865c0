"""The machines of contracts: the paper itself, and the asking for its seal."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class ContractState(StrEnum):
    """Where a contract stands."""

    DRAFTED = "drafted"  # its text is frozen; somebody has yet to agree
    SIGNING = "signing"  # everybody has agreed; the seals are being set
    SIGNED = "signed"
    VOID = "void"


CONTRACT: Final = Machine.read(
    ContractState,
    """
    drafted  agree  signing  party
    signing  seal   signed   provider
    drafted  void   void     house
    signing  void   void     house
    signed   void   void     house
    """,
    name="contract",
)


class SigningState(StrEnum):
    """Where the asking for seals stands; `unknown` leaves only by reading back."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    DONE = "done"
    CALLED_OFF = "called_off"


SIGNING: Final = Machine.read(
    SigningState,
    """
    planned  send      sent        worker
    sent     answer    done        provider
    sent     lose      unknown     worker
    sent     postpone  planned     worker
    unknown  answer    done        provider
    unknown  absent    planned     provider
    planned  call_off  called_off  house
    sent     call_off  called_off  house
    unknown  call_off  called_off  house
    """,
    name="signing",
)
