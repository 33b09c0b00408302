"""Fields that several bodies share, with the bounds of what can be stored, and names for people."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from backend.api.http import Body

FIRST_YEAR, LAST_YEAR = 1900, 2100
_MOST_FEN = 10**12
PHONE = r"^[0-9+\- ]{5,20}$"


def _within(day: date | datetime) -> date | datetime:
    # Sums with dates near the ends of the calendar overflow, and nothing here happens then.
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("year_out_of_range", "the year lies outside")
    return day


Day = Annotated[date, AfterValidator(_within), Field(description=f"{FIRST_YEAR}-{LAST_YEAR}")]
Moment = Annotated[AwareDatetime, AfterValidator(_within), Field(description=f"{FIRST_YEAR}-{LAST_YEAR}")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A numbered row: a village, a town."""
Fen = Annotated[int, Field(ge=0, le=_MOST_FEN)]
HouseholdSize = Annotated[int, Field(ge=1, le=30)]
Phone = Annotated[str, Field(pattern=PHONE)]


class Nothing(Body):
    """A move that needs no words."""


class Reason(Body):
    reason: str = Field(max_length=500)


class Household(Body):
    household_size: HouseholdSize
