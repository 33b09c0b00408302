"""What is known of a household: the facts that 三(一)-(七) ask about. None is 不清楚, which is an answer."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """Dates are Asia/Shanghai days, money is 分. `ordinary_aid_refused`: the ordinary review is done and says no.
    `other_parent_registered_elsewhere`: outside 温州市 (reading A20), not outside 鹿城区.
    """

    ordinary_aid_refused: bool | None = None
    member_left_on: date | None = None
    member_lived_together_before: bool | None = None
    member_lives_apart: bool | None = None
    applicant_declares_absence: bool | None = None
    member_cannot_be_reached: bool | None = None
    others_ask_for_aid: bool | None = None
    applicant_born_on: date | None = None
    first_parent_unable: bool | None = None
    first_parent_out_of_touch_since: date | None = None
    other_parent_left_on: date | None = None
    other_parent_does_not_care: bool | None = None
    other_parent_registered_elsewhere: bool | None = None
    lives_with_other_relatives: bool | None = None
    asks_for_child_alone: bool | None = None
    was_married_with_children: bool | None = None
    marriage_broke_lived_alone: bool | None = None
    did_not_raise_children: bool | None = None
    children_out_of_touch: bool | None = None
    no_income: bool | None = None
    rights_cannot_be_enforced_soon: bool | None = None
    home_visit_confirms: bool | None = None
    holds_special_support: bool | None = None
    at_economic_review: bool | None = None
    only_own_bank_deposits: bool | None = None
    deposit_fen: int | None = None
    asks_to_keep_aid: bool | None = None
    receives_temporary_aid: bool | None = None
    same_cause_again: bool | None = None
    needs_more_than_maximum: bool | None = None
    severe_illness_or_disability: bool | None = None
    asks_for_aid: bool | None = None
    in_emergency: bool | None = None
