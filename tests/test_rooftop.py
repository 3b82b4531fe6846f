"""Rooftop PV and storage behind the meter (P2, N12): the worked examples of the base year, and laws of the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from worlds import called, make_world

from agents.applications import apply_for, carry_out, within_means
from agents.axes import Holder, Label
from agents.investment import annuity, capital_recovery_factor, discount_rate, equivalent_annual_cost
from agents.rooftop import (
    levelled,
    occupy_hosting,
    own_use_share,
    reinforcement_cost,
    rooftop_income,
    rooftop_utility,
    rooftop_yearly,
    storage_yearly,
    worth_of_declining_income,
)

# Worlds of other tests in the process may hold fewer names: numba then takes one record as a subtype of the other.
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaExperimentalFeatureWarning")

CAPEX, HOURS, LIFE, FIXED, DECLINE = 3300.0, 1000.0, 25.0, 0.0122, 0.005  # yuan/kW and the like: the worked example
YUAN = 1e6  # a kW in yuan reads as a MW in thousand yuan: incomes in Myuan times 1e6 over kW


def revenue(solar=680.0, feed_in=415.3, own=0.7):
    """First-year revenue of one kW, yuan."""
    return rooftop_income(HOURS / 1000.0, own, solar, feed_in) * YUAN


def present_value(rate, capex=CAPEX, income=None):
    income = revenue() if income is None else income
    fixed = FIXED * capex * worth_of_declining_income(rate, LIFE, 0.0)
    return income * worth_of_declining_income(rate, LIFE, DECLINE) - fixed - capex


def test_worked_example_revenue_and_internal_rate():
    assert revenue() == pytest.approx(601.0, abs=0.5)
    assert brentq(present_value, 0.01, 0.9) == pytest.approx(0.161, abs=0.0005)


def test_worked_example_at_fifteen_percent():
    assert present_value(0.15) == pytest.approx(211.0, abs=1.0)
    assert equivalent_annual_cost(CAPEX, 0.0, 0.15, LIFE, FIXED * CAPEX, 0.0, 0.0) == pytest.approx(551.0, abs=0.5)


def test_sixty_basis_points_off_the_loan():
    rate = discount_rate(0.15, 0.7, 0.0405, 0.0465)
    assert present_value(rate) == pytest.approx(299.0, abs=1.0)
    cost = equivalent_annual_cost(CAPEX, 0.0, rate, LIFE, FIXED * CAPEX, 0.0, 0.0)
    assert cost == pytest.approx(538.0, abs=0.5)
    assert cost / 550.8 - 1.0 == pytest.approx(-0.023, abs=0.001)


def test_midday_valley_blocks_a_five_year_loan_and_an_eight_year_loan_passes():
    """The maturity mismatch of P5: net revenue 351 yuan/kW against debt service 448 or 299."""
    capex, net, rate = 2800.0, 351.0, 0.0465
    assert annuity(0.7 * capex, rate, 5.0) == pytest.approx(448.0, abs=1.0)
    assert annuity(0.7 * capex, rate, 8.0) == pytest.approx(299.0, abs=1.0)
    cash = 0.31 * capex
    assert not within_means(capex, 0.7, rate, 5.0, net, cash, 0.0, 0.0)
    assert within_means(capex, 0.7, rate, 8.0, net, cash, 0.0, 0.0)


@given(st.floats(0.0, 1e5), st.floats(1.0, 1e5))
def test_own_use_is_a_share_and_falls_with_the_size_of_the_plant(generation, consumption):
    share = own_use_share(generation, consumption, 0.95, 2.0)
    assert 0.0 <= share <= 0.95
    assert own_use_share(generation * 1.5 + 1.0, consumption, 0.95, 2.0) < share
    assert share * generation <= consumption


@given(st.floats(0.01, 0.5), st.floats(2.0, 40.0), st.floats(0.0, 0.03))
def test_levelled_income_is_worth_the_declining_one(rate, years, decline):
    years = float(round(years))
    worth = sum((1.0 - decline) ** (t - 1) / (1.0 + rate) ** t for t in range(1, int(years) + 1))
    assert worth_of_declining_income(rate, years, decline) == pytest.approx(worth, rel=1e-9)
    assert levelled(rate, years, decline) / capital_recovery_factor(rate, years) == pytest.approx(worth, rel=1e-9)


def test_reinforcement_is_paid_only_for_what_exceeds_the_room():
    assert reinforcement_cost(2.0, 5.0, 600.0) == 0.0
    assert reinforcement_cost(2.0, 0.5, 600.0) == pytest.approx(0.9)
    assert reinforcement_cost(2.0, -3.0, 600.0) == pytest.approx(1.2)


def test_utility_falls_with_cost_of_money_and_lack_of_room_and_rises_with_peers():
    world = make_world(runs=1)

    def utility(room=10.0, rate=0.15, peers=0.0):
        return called(rooftop_utility)(world, 0, 1, 1.0, 5000.0, 0, room, rate, 0.0, peers, 0.5)

    assert utility(rate=0.30) < utility()
    assert utility(room=0.0) < utility()
    assert utility(peers=1.0) == pytest.approx(utility() + world.parameters[0].choice_peer_weight)


def test_hosting_room_may_go_below_zero_by_what_was_reinforced():
    world = make_world(runs=1)
    world.hosting_room[0, 1] = 1.0
    called(occupy_hosting)(world, 0, 1, 3.0)
    assert world.hosting_room[0, 1] == -2.0


def test_storage_never_earns_less_than_nothing():
    world = make_world(runs=1, storage_peak_tariff=300.0, storage_valley_tariff=300.0)
    assert called(storage_yearly)(world, 0, 1, 2.0) == 0.0
    assert called(storage_yearly)(make_world(runs=1), 0, 1, 2.0) > 0.0


def test_income_of_a_roof_uses_the_tariff_class_of_its_owner():
    world = make_world(runs=1)
    income = called(rooftop_yearly)
    assert income(world, 0, 1.0, 5000.0, 2) < income(world, 0, 1.0, 5000.0, 0)


def test_a_granted_application_moves_money_and_a_refused_one_needs_cash():
    world = make_world(runs=1, borrowers=2)
    debts = world.borrowers
    debts.cash[0] = (1.0, 0.2)
    for borrower in (0, 1):
        called(apply_for)(world, 0, borrower, 2, Label.GREEN, 2.0, 0.0, 1)
    assert debts.asked[0, 0, 2] == pytest.approx(1.4)
    debts.granted[0, 0, 2] = 1
    build = called(carry_out)
    assert build(world, 0, 0, 2, 2.0, 0.0, True, False, 1)
    assert not build(world, 0, 1, 2, 2.0, 0.0, True, False, 1)
    assert debts.cash[0] == pytest.approx((0.4, 0.2))
    assert world.payments[0, Holder.BANK, Holder.FIRMS] == pytest.approx(1.4)
    assert world.payments[0, Holder.FIRMS, Holder.OUTSIDE] == pytest.approx(2.0)
    assert build(world, 0, 1, 2, 2.0, 0.0, True, True, 1)
    assert debts.cash[0, 1] == pytest.approx(0.0, abs=1e-12)
    assert np.isclose(world.payments[0, Holder.OUTSIDE, Holder.FIRMS], 1.8)
