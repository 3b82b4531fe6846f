"""How port operators replace and enlarge their fleets (MODEL 1 and 4): occasions, applications for credit, building.

Occasions are the end of a lot's life, growth of traffic, attention (an early review) and deliveries on order at the end
of 2020. Rationed lots do without a loan where cash allows; at the end of life like-for-like is always possible (owners
put in what is short); growth waits while the fleet works more hours.
"""

from __future__ import annotations

import numpy as np

from agents.applications import loan_rate_offered
from agents.axes import LABELS, Carrier, Shape, Stream, Tariff
from agents.compiled import rule, stage
from agents.credit import SLOTS, offered_rate
from agents.draws import uniform
from agents.fields import Floats, Integers, Records
from agents.investment_parameters import emission_factor
from agents.lending import book_loan, expected_cover, inject_equity, pay_capex, subsidise
from agents.port import (
    CHOOSING,
    DRIVES,
    LOTS,
    Drive,
    Equipment,
    Machine,
    Operators,
    carrier_of,
    crane_use,
    drawn_life,
    lot_id,
    machine_energy,
)
from agents.port_choice import (
    COMMITTED,
    EARLY,
    END_OF_LIFE,
    GREEN,
    GROWTH,
    NONE,
    Credit,
    Lots,
    Options,
    Setting,
    burns_fuel,
    decide,
    label_of_lot,
    machine_price,
    main_drive,
    mandated,
    running_cost,
    subsidy_share,
    total_capacity,
)
from agents.units import YUAN
from agents.world import World, runs_of

MACHINE_SLOT, YARD_SLOT, CHARGING_SLOT = 0, 1, 2


@rule
def slot_of(machine: int) -> int:
    """Application slot of a class: 0 horizontal transport, 1 yard cranes and stackers (2 is charging)."""
    return MACHINE_SLOT if machine == Machine.HORIZONTAL_TRANSPORT else YARD_SLOT


@rule
def peers_of(drives: Integers, capacity: Floats, operator: int, peers: Floats) -> None:
    """Share of the other operators' work of a class by drive; [operators, lot] in, ``peers`` [drive] out."""
    total = 0.0
    for drive in range(DRIVES):
        peers[drive] = 0.0
    for other in range(drives.shape[0]):
        if other == operator:
            continue
        for lot in range(LOTS):
            peers[drives[other, lot]] += capacity[other, lot]
            total += capacity[other, lot]
    for drive in range(DRIVES):
        peers[drive] = peers[drive] / total if total > 0.0 else 0.0


@rule
def charging_in_use(drives: Integers, capacity: Floats, chargers: Floats, unit_share: Floats, throughput: float
                    ) -> float:  # fmt: skip
    """Charging that an operator's battery machines need, kW; drives and capacity [class, lot], chargers [class]."""
    needed = 0.0
    for machine in range(CHOOSING):
        for lot in range(LOTS):
            if drives[machine, lot] == Drive.ELECTRIC_BATTERY:
                needed += capacity[machine, lot] / (unit_share[machine] * throughput) * chargers[machine]
    return needed


@rule
def committed_delivery(lots: Lots, committed: Floats, unit: float, share: float) -> float:
    """Place what was ordered before 2021 in empty places, one a drive (N9); returns its TEU a year."""
    placed = 0.0
    for drive in range(DRIVES):
        ordered = committed[drive] * share * unit
        if ordered <= 0.0:
            continue
        for lot in range(LOTS):
            if lots.capacity[lot] <= 0.0 and lots.plan[lot] == NONE:
                lots.plan[lot] = COMMITTED
                lots.plan_drive[lot] = drive
                lots.plan_second[lot] = -1
                lots.plan_capacity[lot] = ordered
                lots.haulier[lot] = 0
                placed += ordered
                break
    return placed


@rule
def plan_class(p: Records, setting: Setting, options: Options, credit: Credit, lots: Lots, first_id: int, need: float,
               smallest: float, unit: float, free: float, attention: float, year: int) -> None:  # fmt: skip
    """Find the occasions of a class this year and decide each; ``need`` is traffic beyond capacity, TEU a year."""
    full = True
    for lot in range(LOTS):
        if lots.capacity[lot] <= 0.0:
            full = full and lots.plan[lot] != NONE
        else:
            lots.age[lot] += 1.0
    for lot in range(LOTS):
        held, incumbent = lots.capacity[lot], lots.drive[lot]
        if held <= 0.0:
            continue
        if lots.age[lot] >= lots.life[lot]:
            # a replacement takes in growth that finds no place, and shrinks with the traffic
            wanted = max(0.0, held + need) if (need < 0.0 or full) else held
            need -= wanted - held
            lots.plan[lot] = END_OF_LIFE
            lots.plan_drive[lot] = incumbent
            lots.plan_second[lot] = -1
            lots.plan_capacity[lot] = wanted
            if wanted > 0.0:
                own = held / unit * options.charger[incumbent]
                decide(p, setting, options, credit, lots, first_id + lot, lot, incumbent, END_OF_LIFE,
                       wanted / unit, free + own)  # fmt: skip
        elif burns_fuel(incumbent) and uniform(setting.seed, first_id + lot, year, Stream.ATTENTION, 0) < attention:
            lots.plan_capacity[lot] = held
            decide(p, setting, options, credit, lots, first_id + lot, lot, incumbent, EARLY, held / unit, free)
    if need < smallest:
        return
    for lot in range(LOTS):
        if lots.capacity[lot] <= 0.0 and lots.plan[lot] == NONE:
            lots.plan_capacity[lot] = need
            decide(p, setting, options, credit, lots, first_id + lot, lot, main_drive(lots, options), GROWTH,
                   need / unit, free)  # fmt: skip
            return


@rule
def apply_for_class(options: Options, credit: Credit, lots: Lots, loans: Floats, unit: float, open_: bool,
                    general: float, of_port: float, by_label: Floats) -> float:  # fmt: skip
    """Loan wanted for each planned lot, added up by label; returns the subsidy that the plans claim in full, Myuan.

    ``general`` and ``of_port`` are the shares of a price that the public promises (see subsidy_share).
    """
    claimed = 0.0
    for lot in range(LOTS):
        if lots.plan[lot] == NONE:
            continue
        drive = lots.plan_drive[lot]
        label = label_of_lot(drive, lots.plan[lot], open_)
        units = lots.plan_capacity[lot] / unit
        loans[lot] = credit.share[label] * (options.price[drive] - options.subsidy[drive]) * units
        by_label[label] += loans[lot]
        claimed += options.price[drive] * units * subsidy_share(drive, general, of_port)
    return claimed


@rule
def largest_label(by_label: Floats) -> int:
    """Label with most money; the greener one where two are equal."""
    best = 0
    for label in range(1, LABELS):
        if by_label[label] > by_label[best]:
            best = label
    return best


@rule
def planned_charging(lots: Lots, charger: float, unit: float) -> float:
    """Additional charging that planned battery lots need, kW, net of the battery lots they replace."""
    wanted = 0.0
    for lot in range(LOTS):
        if lots.plan[lot] != NONE:
            if lots.plan_drive[lot] == Drive.ELECTRIC_BATTERY:
                wanted += lots.plan_capacity[lot] / unit * charger
            if lots.drive[lot] == Drive.ELECTRIC_BATTERY:
                wanted -= lots.capacity[lot] / unit * charger
    return wanted


@stage
def choose(world: World, port: Operators, tables: Equipment, first: int, year: int) -> None:
    """Stage 4: every lot with an occasion chooses; operators apply for credit. Operator a is borrower first + a."""
    price, subsidy, running, peers = np.zeros(DRIVES), np.zeros(DRIVES), np.zeros(DRIVES), np.zeros(DRIVES)
    credit = Credit(np.zeros(LABELS), np.zeros(LABELS), np.zeros(LABELS), np.zeros(3))
    by_label, chargers = np.zeros(LABELS), np.zeros(CHOOSING)
    for machine in range(CHOOSING):
        chargers[machine] = tables.charger[machine, Drive.ELECTRIC_BATTERY]
    for run in runs_of(world):
        p, signal, debts = world.parameters[run], world.signals[run], world.borrowers
        open_ = signal.transition_finance_open > 0.5
        cover = expected_cover(world, run, year)
        carbon, cranes = signal.carbon_price * signal.carbon_coverage, crane_use(p, year)
        for operator in range(port.share.shape[1]):
            borrower, share = first + operator, port.share[run, operator]
            throughput = port.base_throughput[run, operator]
            traffic = world.record[run, year].port_throughput * share
            for slot in range(SLOTS):
                debts.asked[run, borrower, slot] = 0.0
                debts.granted[run, borrower, slot] = 0
            for label in range(LABELS):
                credit.rate[label] = offered_rate(
                    world.terms.rate[run, label, debts.carbon_class[run, borrower]],
                    debts.size[run, borrower],
                    world.terms.small_firm_size[run],
                    world.terms.small_firm_spread[run],
                    debts.rating[run, borrower],
                    world.terms.risk_spread[run],
                )
                credit.share[label] = min(p.debt_share, world.terms.advance_ratio[run, label])
                credit.tenor[label] = world.terms.tenor[run, label]
            credit.means[0] = debts.cash[run, borrower]
            credit.means[1] = debts.service[run, borrower]
            credit.means[2] = debts.surplus[run, borrower]
            setting = Setting(world.seeds[run], port.attitude[run, operator], world.terms.reference_rate[run],
                              signal.port_electric_mandate, open_)  # fmt: skip
            used = charging_in_use(
                port.drive[run, operator], port.capacity[run, operator], chargers, tables.unit_share, throughput
            )
            free = max(0.0, port.charging[run, operator] - used)
            wanted = 0.0
            for slot in range(CHARGING_SLOT):
                for label in range(LABELS):
                    by_label[label] = 0.0
                for machine in range(CHOOSING):
                    if slot_of(machine) != slot:
                        continue
                    unit = tables.unit_share[machine] * throughput
                    for drive in range(DRIVES):
                        port.bought[run, operator, machine, drive] = 0.0
                        port.retired[run, operator, machine, drive] = 0.0
                        carrier = carrier_of(drive)
                        energy = machine_energy(
                            tables.energy[machine, drive], port.scale[run, operator, carrier],
                            cranes, drive,
                        )  # fmt: skip
                        tariff = world.prices.fuel[run, carrier]
                        if carrier == Carrier.ELECTRICITY:
                            tariff = world.prices.tariff[run, Tariff.INDUSTRY, Shape.PORT]
                        running[drive] = running_cost(
                            energy, tariff, emission_factor(p, carrier), carbon, tables.maintenance[machine, drive]
                        )
                        dated = tables.price[machine, drive]
                        price[drive] = machine_price(p, drive, dated[0], dated[1], dated[2], year)
                        paid = subsidy_share(drive, signal.capital_subsidy_share, signal.port_vehicle_subsidy_share)
                        subsidy[drive] = price[drive] * paid * cover
                    peers_of(port.drive[run, :, machine], port.capacity[run, :, machine], operator, peers)
                    options = Options(tables.offered[machine], price, subsidy, running, tables.life[machine],
                                      tables.charger[machine], peers)  # fmt: skip
                    lots = Lots(
                        port.drive[run, operator, machine], port.capacity[run, operator, machine],
                        port.age[run, operator, machine], port.life[run, operator, machine],
                        port.cycle[run, operator, machine], port.haulier[run, operator, machine],
                        port.plan[run, operator, machine], port.plan_drive[run, operator, machine],
                        port.plan_second[run, operator, machine], port.plan_capacity[run, operator, machine],
                    )  # fmt: skip
                    for lot in range(LOTS):
                        lots.plan[lot] = NONE
                        port.plan_loan[run, operator, machine, lot] = 0.0
                    need = traffic - total_capacity(lots)
                    if year == 1:
                        need -= committed_delivery(lots, tables.committed[machine], unit, share)
                    plan_class(
                        p, setting, options, credit, lots, lot_id(operator, machine, 0), need,
                        p.port_order_share * traffic, unit, free, p.attention_base + signal.attention, year,
                    )  # fmt: skip
                    world.record[run, year].subsidy_claims += apply_for_class(
                        options, credit, lots, port.plan_loan[run, operator, machine], unit, open_,
                        signal.capital_subsidy_share, signal.port_vehicle_subsidy_share, by_label,
                    )  # fmt: skip
                    wanted += planned_charging(lots, chargers[machine], unit)
                chosen = largest_label(by_label)
                debts.asked_label[run, borrower, slot] = chosen
                for machine in range(CHOOSING):
                    if slot_of(machine) == slot:
                        for lot in range(LOTS):
                            occasion = port.plan[run, operator, machine, lot]
                            drive = port.plan_drive[run, operator, machine, lot]
                            if occasion == NONE or label_of_lot(drive, occasion, open_) != chosen:
                                port.plan_loan[run, operator, machine, lot] = 0.0
                            debts.asked[run, borrower, slot] += port.plan_loan[run, operator, machine, lot]
            missing = max(0.0, wanted - free) * p.port_charging_cost * YUAN
            debts.asked[run, borrower, CHARGING_SLOT] = credit.share[GREEN] * missing
            debts.asked_label[run, borrower, CHARGING_SLOT] = GREEN


@stage
def build(world: World, port: Operators, tables: Equipment, first: int, year: int) -> None:
    """Stage 5: carry out what was granted or can be paid; book loans, subsidies, capex and owners' equity.

    A lot is built with its loan, else from cash; else its second choice, else (end of life) like-for-like with owners'
    money, else not this year. What was on order is built in any case, as is what is mandated at the end of life.
    """
    chargers = np.zeros(CHOOSING)
    for machine in range(CHOOSING):
        chargers[machine] = tables.charger[machine, Drive.ELECTRIC_BATTERY]
    for run in runs_of(world):
        p, now, debts, signal = world.parameters[run], world.record[run, year], world.borrowers, world.signals[run]
        now.port_investment, now.port_machines_bought, now.port_machines_retired = 0.0, 0.0, 0.0
        cover = 1.0 - now.subsidy_cut
        for operator in range(port.share.shape[1]):
            borrower, throughput = first + operator, port.base_throughput[run, operator]
            for machine in range(CHOOSING):
                unit, slot = tables.unit_share[machine] * throughput, slot_of(machine)
                for lot in range(LOTS):
                    occasion = port.plan[run, operator, machine, lot]
                    if occasion == NONE:
                        continue
                    old = port.drive[run, operator, machine, lot]
                    drive = port.plan_drive[run, operator, machine, lot]
                    units = port.plan_capacity[run, operator, machine, lot] / unit
                    held = port.capacity[run, operator, machine, lot] / unit
                    cycle, agent = port.cycle[run, operator, machine, lot] + 1, lot_id(operator, machine, lot)
                    obliged = mandated(world.seeds[run], agent, cycle, signal.port_electric_mandate)
                    forced = occasion == COMMITTED or (occasion == END_OF_LIFE and obliged)
                    granted = debts.granted[run, borrower, slot] == 1
                    loan = port.plan_loan[run, operator, machine, lot] if granted else 0.0
                    built = False
                    cost, subsidy, charging, charging_loan, extra = 0.0, 0.0, 0.0, 0.0, 0.0
                    for attempt in range(3):
                        dated = tables.price[machine, drive]
                        cost = units * machine_price(p, drive, dated[0], dated[1], dated[2], year)
                        paid = subsidy_share(drive, signal.capital_subsidy_share, signal.port_vehicle_subsidy_share)
                        subsidy = cost * paid
                        extra = 0.0
                        if drive == Drive.ELECTRIC_BATTERY:
                            used = charging_in_use(
                                port.drive[run, operator], port.capacity[run, operator], chargers,
                                tables.unit_share, throughput,
                            )  # fmt: skip
                            free = max(0.0, port.charging[run, operator] - used)
                            own = held * chargers[machine] if old == drive else 0.0
                            extra = max(0.0, units * chargers[machine] - free - own)
                        charging = extra * p.port_charging_cost * YUAN
                        granted = debts.granted[run, borrower, CHARGING_SLOT] == 1
                        share = min(p.debt_share, world.terms.advance_ratio[run, GREEN])
                        charging_loan = share * charging if granted else 0.0
                        means = debts.cash[run, borrower] + loan + charging_loan + subsidy * cover
                        last_resort = occasion == END_OF_LIFE and drive == old
                        if means >= cost + charging or forced or last_resort:
                            built = True
                            break
                        loan = 0.0
                        if attempt == 0 and port.plan_second[run, operator, machine, lot] >= 0:
                            drive = port.plan_second[run, operator, machine, lot]
                        elif occasion == END_OF_LIFE:
                            drive = old
                        else:
                            break
                    if not built:
                        continue
                    label = debts.asked_label[run, borrower, slot]
                    for part in range(2):
                        used_label = label if part == 0 else GREEN
                        amount = loan if part == 0 else charging_loan
                        rate = loan_rate_offered(world, run, borrower, used_label)
                        book_loan(world, run, borrower, used_label, amount, rate, year)
                    subsidise(world, run, borrower, subsidy, year)
                    pay_capex(world, run, borrower, cost + charging, year, occasion != EARLY)
                    inject_equity(world, run, borrower, year)
                    now.port_investment += cost + charging
                    port.charging[run, operator] += extra
                    port.retired[run, operator, machine, old] += held
                    port.bought[run, operator, machine, drive] += units
                    now.port_machines_retired += held
                    now.port_machines_bought += units
                    port.capacity[run, operator, machine, lot] = port.plan_capacity[run, operator, machine, lot]
                    port.drive[run, operator, machine, lot] = drive
                    port.age[run, operator, machine, lot] = 0.0
                    port.cycle[run, operator, machine, lot] = cycle
                    life = tables.life[machine, drive]
                    port.life[run, operator, machine, lot] = drawn_life(world.seeds[run], p, agent, cycle, life)
