"""Units: money is kept in Myuan, energy in MWh, power in MW, mass in t.

A smaller unit is a factor, ``area * price * YUAN``: a processor multiplies in a fifth of the time in which it divides.
"""

from __future__ import annotations

YUAN, THOUSAND_YUAN = 1e-6, 1e-3  # Myuan
WATT, KW = 1e-6, 1e-3  # MW
KWH = 1e-3  # MWh
KG = 1e-3  # t
YUAN_PER_MYUAN, KW_PER_MW, KWH_PER_MWH = 1e6, 1e3, 1e3
