"""Units at the boundary: what a park's files say is converted to the declared unit once, never inside a loop.

The registry is pint's, extended by ``parks/units.txt`` (tonnes of coal equivalent, heating values of fuels, yuan, TEU).
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from agents.errors import InputError

# Decimal multiples that parks write often, so that reading them need not wait a quarter of a second for the registry.
MULTIPLES = {("GWh", "MWh"): 1000.0, ("kWh", "MWh"): 0.001, ("ktce", "tce"): 1000.0}
POWERS = re.compile(r"(?<![A-Za-z])(km|cm|mm|m)([23])(?![A-Za-z0-9])")


def spelled(unit: str) -> str:
    """A unit as published, in pint's spelling: ``kWh/m2`` has a power, ``-`` and nothing are 1, ``%`` is percent."""
    text = unit.strip().replace("·", "*").replace("%", "percent ").replace("²", "2").replace("³", "3")
    return POWERS.sub(r"\1**\2", text) if text not in ("", "-") else "1"


@lru_cache(maxsize=1)
def registry() -> Any:
    """The pint registry with the park units. Importing pint takes a while, so only a real conversion asks for it."""
    import pint

    units = pint.UnitRegistry(non_int_type=float, autoconvert_offset_to_baseunit=False)
    units.load_definitions(files("parks").joinpath("units.txt").read_text(encoding="utf-8").splitlines())
    return units


@lru_cache(maxsize=1024)
def known(unit: str) -> bool:
    """Whether the registry can read a unit."""
    try:
        registry().parse_expression(spelled(unit))
    except Exception:  # pint raises a different exception for each way in which text is not a unit
        return False
    return True


@lru_cache(maxsize=1024)
def factor(given: str, wanted: str) -> float:
    """What a number in unit ``given`` is multiplied by to be in unit ``wanted``; equal texts give exactly 1.

    InputError if either unit is unknown or their dimensions differ.
    """
    given, wanted = given.strip(), wanted.strip()
    if given == wanted:
        return 1.0
    if (given, wanted) in MULTIPLES:
        return MULTIPLES[given, wanted]
    return converted(given, wanted)


def converted(given: str, wanted: str) -> float:
    """The same by the registry."""
    import pint

    for unit in (given, wanted):
        if not known(unit):
            raise InputError(f"unknown unit '{unit}'")
    try:
        quantity = registry().Quantity(1.0, "dimensionless") * registry().parse_expression(spelled(given))
        target = registry().Quantity(1.0, "dimensionless") * registry().parse_expression(spelled(wanted))
        # 14 digits: 1 m3 is 1000 L, not 999.9999999999999
        return float(f"{(quantity / target).to('dimensionless').magnitude:.14g}")
    except (pint.DimensionalityError, pint.OffsetUnitCalculusError) as error:
        raise InputError(f"unit '{given}' cannot be converted to '{wanted}'") from error
