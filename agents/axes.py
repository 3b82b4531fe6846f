"""The axes that arrays share: carriers, accounts, load shapes, loan labels, holders of money.

Order is part of the file format of results and draws: append, never reorder.
"""

from __future__ import annotations

from enum import IntEnum


class Carrier(IntEnum):
    """Energy carriers. Electricity is booked in MWh, every fuel in tce (1 tce = 29.3076 GJ)."""

    ELECTRICITY = 0
    GAS = 1
    LNG = 2
    DIESEL = 3
    GASOLINE = 4
    COAL = 5
    LPG = 6
    HYDROGEN = 7
    BIOMASS = 8


class Account(IntEnum):
    """Owners of energy in the park's balance (the sectors of the base-year table); each kWh and tce has one."""

    PORT = 0
    INDUSTRY = 1
    BUILDINGS = 2
    TRANSPORT = 3
    OTHER = 4


class Shape(IntEnum):
    """Hourly load shapes: how a year's electricity of one kind of use spreads over its 8,760 hours."""

    INDUSTRY = 0
    HOUSING = 1
    COMMERCE = 2
    HEATING = 3
    COOLING = 4
    COLD_STORE = 5
    PORT = 6
    CHARGING = 7
    OTHER = 8


class Tariff(IntEnum):
    """Customer classes of the electricity tariff."""

    INDUSTRY = 0
    COMMERCE = 1
    HOUSING = 2


class Label(IntEnum):
    """Loan labels (P5): green for new low-carbon assets, transition for retrofits of existing high-carbon assets."""

    GREEN = 0
    TRANSITION = 1
    ORDINARY = 2


class Holder(IntEnum):
    """Who can hold money. Every payment has a payer and a receiver among them (MODEL 8)."""

    FIRMS = 0
    BUILDINGS = 1
    PORT = 2
    DEVELOPERS = 3
    TRANSPORT = 4
    BANK = 5
    BUDGET = 6
    GRID = 7
    OUTSIDE = 8


class CarbonClass(IntEnum):
    """Classes of the carbon-asset credit rating (P5), best first; UNRATED when the rating is off or too young."""

    AAA = 0
    AA = 1
    A = 2
    BBB = 3
    BB = 4
    B = 5
    C = 6
    UNRATED = 7


class Resource(IntEnum):
    """Renewable resources of the park; each has an hourly capacity factor in every weather year."""

    ROOF_PV = 0
    GROUND_PV = 1
    ONSHORE_WIND = 2
    NEARSHORE_WIND = 3


class Stream(IntEnum):
    """Purposes of chance. A draw's counter holds its stream, so that adding a use never moves another's draws."""

    POPULATION = 0
    CHOICE = 1
    ATTENTION = 2
    LIFETIME = 3
    OUTPUT = 4
    CREDIT = 5
    GATE = 6
    DEMOLITION = 7
    CONNECTION = 8
    WEATHER = 9
    PRICE = 10
    NETWORK = 11
    PORT = 12
    MARKET = 13
    ENTRY = 14
    TRANSPORT = 15
    HOURS = 16
    DESIGN = 17  # draws of a study: never used inside a run


FUELS = tuple(c for c in Carrier if c is not Carrier.ELECTRICITY)
CARRIERS, ACCOUNTS, SHAPES, TARIFFS = len(Carrier), len(Account), len(Shape), len(Tariff)
LABELS, HOLDERS, RESOURCES, CARBON_CLASSES = len(Label), len(Holder), len(Resource), len(CarbonClass)
HOURS, MONTHS = 8760, 12
BASE_YEAR = 2020

# Agent ids lie in one space a kind, so that two kinds never share a draw. Entrants take id + generation * capacity.
FIRM_IDS, BUILDING_IDS, PORT_IDS, DEVELOPER_IDS, TRANSPORT_IDS, PARK_IDS = (kind << 26 for kind in range(6))
