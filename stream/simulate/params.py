"""The population's parameters, as data. Shares are of 1, rates per customer and year, money in the base currency.

What moves, joins, calls, complaints, bills and leaving, with parameters that drift while the stream runs, follows
Balle et al. 2013, "The Architecture of a Churn Prediction System Based on Stream Mining". The figures themselves
are plausible choices, not measurements: no quality measured on this town says anything about a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BankSegment:
    """One kind of bank customer."""

    name: str
    share: float
    tiers: tuple[str, ...]
    salary: tuple[float, float]  # a month; (0, 0): none
    balance: tuple[float, float]  # at the start, log-uniform
    purchases: float  # card purchases a day
    purchase: float  # median amount
    receipts: float  # payments received a day: a shop's takings
    savings: float  # share with a savings account
    product: float  # share with a term product at the start


@dataclass(frozen=True, slots=True)
class PhoneSegment:
    """One kind of phone customer."""

    name: str
    share: float
    tiers: tuple[str, ...]
    plan: str
    fee: float  # a month; 0: prepaid
    calls: float  # a day
    minutes: float  # median of a call
    data: float  # MB a day
    weekend: float  # calls on a Saturday or Sunday, of a working day's


@dataclass(frozen=True, slots=True)
class Params:
    """Everything that can be turned. `*_rate` are per customer and year unless named otherwise."""

    bank_share: float = 0.6
    joiner_share: float = 0.1
    join_days: int = 180  # joiners come within this many days of the start
    leaving_rate: float = 0.24
    silent_share: float = 0.25  # leavers without any precursor
    lookalike_rate: float = 2.5
    complaint_rate: float = 0.35
    incident_rate: float = 0.8
    household_share: float = 0.5
    household_follows: float = 0.3  # a member leaves because another did
    payroll_share: float = 0.7  # of salaried customers: paid through a group
    employer_rate: float = 0.04  # of a payroll group: its employer changes the bank
    payroll_follows: float = 0.6  # share of the group that then leaves
    no_contact_share: float = 0.03
    own_network: str = "own"
    other_networks: tuple[str, ...] = ("other-mobile", "other-telecom")
    other_banks: tuple[str, ...] = ("other-bank", "other-savings", "other-wallet")
    months: tuple[float, ...] = (1.15, 0.85, 0.95, 0.95, 1.0, 1.05, 1.0, 1.0, 1.0, 1.05, 1.15, 1.2)
    """Spending by month: the new year, quiet after the Spring Festival, the November sales."""
    weekdays: tuple[float, ...] = (0.95, 0.95, 0.95, 1.0, 1.1, 1.2, 1.1)
    arrival_delay_ms: int = 1500
    late_max_h: float = 72
    bank: tuple[BankSegment, ...] = field(
        default=(
            BankSegment("payroll", 0.62, ("basic", "silver"), (6_000, 25_000), (3_000, 80_000), 0.8, 70, 0.0, 0.4, 0.1),
            BankSegment(
                "affluent", 0.18, ("gold", "platinum"), (20_000, 60_000), (80_000, 600_000), 1.0, 160, 0.0, 0.7, 0.5
            ),
            BankSegment("settlement", 0.15, ("silver", "gold"), (0, 0), (20_000, 200_000), 0.7, 900, 1.4, 0.3, 0.2),
            BankSegment(
                "corporate", 0.05, ("platinum", "private"), (0, 0), (200_000, 3_000_000), 0.6, 12_000, 0.5, 0.3, 0.4
            ),
        )
    )
    phone: tuple[PhoneSegment, ...] = field(
        default=(
            PhoneSegment("prepaid", 0.45, ("basic", "silver"), "prepaid", 0, 1.2, 2, 250, 1.1),
            PhoneSegment("contract", 0.45, ("silver", "gold"), "contract-129", 129, 2.0, 3, 700, 0.9),
            PhoneSegment("business", 0.10, ("gold", "platinum"), "business-299", 299, 4.0, 3, 500, 0.25),
        )
    )


HOUSEHOLD = 3  # customers with consecutive numbers share a household, a circle, an RM, a branch
CIRCLE = 5
PAYROLL_GROUP = 40
RM_CUSTOMERS = 100
BRANCH_RMS = 4
