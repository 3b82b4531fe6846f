"""The park's final energy by carrier, from the accounts of the year (N4, N11)."""

from __future__ import annotations

from agents.axes import Carrier
from agents.compiled import stage
from agents.fields import Outcome
from agents.world import World, runs_of

OUTCOMES = [
    Outcome(
        f"final_energy_{carrier.name.lower()}",
        "MWh" if carrier is Carrier.ELECTRICITY else "tce",
        f"{carrier.name.lower()} used inside the boundary, all accounts",
        "N4",
        f"Final Energy|{carrier.name if carrier in (Carrier.LNG, Carrier.LPG) else carrier.name.title()}",
    )
    for carrier in Carrier
]


@stage
def clear_energy(world: World) -> None:
    """Empty the accounts that everybody's energy of the year is added to."""
    for run in runs_of(world):
        world.energy[run], world.load[run] = 0.0, 0.0
        world.rooftop[run], world.storage[run] = 0.0, 0.0


@stage
def write_balance(world: World, year: int) -> None:
    """Sum the accounts by carrier; electricity in MWh, fuels in tce."""
    for run in runs_of(world):
        now, energy = world.record[run, year], world.energy[run]
        for account in range(energy.shape[0]):
            now.final_energy_electricity += energy[account, Carrier.ELECTRICITY]
            now.final_energy_gas += energy[account, Carrier.GAS]
            now.final_energy_lng += energy[account, Carrier.LNG]
            now.final_energy_diesel += energy[account, Carrier.DIESEL]
            now.final_energy_gasoline += energy[account, Carrier.GASOLINE]
            now.final_energy_coal += energy[account, Carrier.COAL]
            now.final_energy_lpg += energy[account, Carrier.LPG]
            now.final_energy_hydrogen += energy[account, Carrier.HYDROGEN]
            now.final_energy_biomass += energy[account, Carrier.BIOMASS]
