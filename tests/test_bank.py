"""What the bank of the park must do (MODEL 8, P5): price, ration, collect, and lose no cent."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world

from agents import bank, investment, lending
from agents.axes import BASE_YEAR, CarbonClass, Holder, Label
from agents.bank import Banks, Clients
from agents.bank_rating import carbon_class_of, rate_carbon, verify_intensity
from agents.bank_rationing import allocate
from agents.bank_service import close_accounts, pledge_saving, service
from agents.compiled import stage
from agents.credit import Offsets
from agents.world import World

COUNT = 12
OFFSETS = Offsets(0, 4, 6, 8, 10, COUNT)
YEARS = 12
GREEN, TRANSITION, ORDINARY = Label.GREEN, Label.TRANSITION, Label.ORDINARY


def make_park(runs: int = 2, **overrides: float) -> tuple[World, Banks, Clients]:
    """A park of twelve borrowers of five kinds, each with cash, surplus and size."""
    world = make_world([bank, lending], runs=runs, borrowers=COUNT, years=YEARS, **overrides)
    world.borrowers.holder[...] = np.repeat(np.arange(5), np.diff(np.array(OFFSETS)))
    world.borrowers.cash[...] = 20.0
    world.borrowers.surplus[...] = 10.0
    world.borrowers.size[...] = 100.0
    return world, *bank.populate(world, OFFSETS)


def ask(world: World, label: int, amount: float) -> None:
    """Every borrower asks for the same loan in its first slot."""
    world.borrowers.asked[...] = 0.0
    world.borrowers.asked[:, :, 0] = amount
    world.borrowers.asked_label[:, :, 0] = label


@stage
def book_granted(world: World, year: int) -> None:
    """Pay out every granted application and spend it on new equipment, as a kind's build stage does."""
    debts = world.borrowers
    for run in range(debts.cash.shape[0]):
        for borrower in range(debts.cash.shape[1]):
            if debts.granted[run, borrower, 0] == 1:
                label, amount = debts.asked_label[run, borrower, 0], debts.asked[run, borrower, 0]
                rate = world.terms.rate[run, label, debts.carbon_class[run, borrower]]
                lending.book_loan(world, run, borrower, label, amount, rate, year)
                lending.pay_capex(world, run, borrower, amount, year, True)


@stage
def book_subsidies(world: World, amount: float, claimed: bool, year: int) -> None:
    """Every borrower claims a subsidy, or comes without having claimed one."""
    for run in range(world.borrowers.cash.shape[0]):
        for borrower in range(world.borrowers.cash.shape[1]):
            if claimed:
                lending.claim_subsidy(world, run, amount, year)
            else:
                lending.subsidise(world, run, borrower, amount, year)


@stage
def book_exit(world: World, borrower: int, year: int) -> None:
    """A borrower leaves the park in every run; another is short of cash and its owners step in."""
    for run in range(world.borrowers.cash.shape[0]):
        lending.close_borrower(world, run, borrower, year)
        lending.pay_out(world, run, 0, Holder.OUTSIDE, 50.0)
        lending.inject_equity(world, run, 0, year)


def year_of(world: World, books: Banks, clients: Clients, year: int) -> None:
    """One year of the bank alone: terms, rationing, booking, service, closing."""
    world.payments[...] = 0.0
    bank.terms(world, books, year)
    allocate(world, books, clients, year)
    book_granted(world, year)
    service(world, books, year)
    close_accounts(world, books, year)


# ---- prices ----------------------------------------------------------------------------------------------------------


def test_relending_passes_on_at_most_27_basis_points() -> None:
    assert bank.relending_benefit(0.6, 0.022, 0.0175, 1.0) == pytest.approx(0.0027)  # cerf_rate, cerf_share
    assert bank.relending_benefit(0.6, 0.016, 0.0175, 1.0) == 0.0  # no gain once own funds are cheaper


def test_pledging_all_allowances_of_industry_saves_about_26_thousand_yuan_a_year() -> None:
    value = (49.7 + 68.9) * 1e3 * 62.36 / 1e6  # industry's scope 1 and 2 in reconciliation A, at cea_mean_2025, Myuan
    assert pledge_saving(0.005, 0.7, value, 1e9) * 1e6 == pytest.approx(26_000, rel=0.01)


def test_real_rates_are_sensible_and_the_reference_is_the_ordinary_loan_of_2020() -> None:
    world, books, clients = make_park()
    year_of(world, books, clients, 1)
    ordinary = world.terms.rate[0, ORDINARY, CarbonClass.UNRATED]
    assert 0.025 < ordinary < 0.04
    assert 0.025 < world.terms.reference_rate[0] < 0.04
    assert abs(ordinary - world.terms.reference_rate[0]) < 0.005  # no jump from one year's inflation
    assert (
        world.terms.rate[0, GREEN, CarbonClass.UNRATED] == ordinary
    )  # "green assets not priced as such" without policy


@pytest.mark.parametrize(
    ("signal", "value", "fall"),
    [
        ("green_rate_discount", 0.005, 0.005),
        ("relending_share", 0.6, 0.8 * 0.0027),
        ("interest_subsidy_green", 0.02, 0.02),
        ("guarantee_share", 0.8, 0.8 * 0.01 * 0.3),
    ],
)
def test_each_instrument_lowers_the_green_rate_by_its_size(signal: str, value: float, fall: float) -> None:
    rates = []
    for level in (0.0, value):
        world, books, _ = make_park(**{signal: level})
        bank.terms(world, books, 1)
        rates.append(world.terms.rate[0, GREEN, CarbonClass.UNRATED])
        assert world.terms.rate[0, ORDINARY, CarbonClass.UNRATED] == world.record[0, 1].loan_rate_ordinary
    assert rates[0] - rates[1] == pytest.approx(fall, rel=0.03)


def test_better_carbon_classes_borrow_cheaper() -> None:
    world, books, _ = make_park()
    bank.terms(world, books, 1)
    rates = world.terms.rate[0, GREEN]
    assert (np.diff(rates[: CarbonClass.UNRATED]) > 0).all()
    assert rates[CarbonClass.UNRATED] == rates[CarbonClass.BBB]


def test_a_loan_above_five_years_is_quoted_on_the_five_year_lpr() -> None:
    short, books, _ = make_park()
    long, books_long, _ = make_park(tenor_extension=5.0)
    bank.terms(short, books, 1)
    bank.terms(long, books_long, 1)
    assert long.terms.tenor[0].tolist() == [10.0, 10.0, 5.0]
    gap = long.terms.rate[0, GREEN, CarbonClass.UNRATED] - short.terms.rate[0, GREEN, CarbonClass.UNRATED]
    assert gap == pytest.approx(0.0465 - 0.03848, abs=0.003)


def test_a_tenor_below_the_assets_life_blocks_an_investment_of_positive_value() -> None:
    """Rooftop PV of the worked example, midday valley prices: 2,800 yuan/kW earns 351 a year for 25 years."""
    capex, saving, rate = 2800.0, 351.0, 0.044
    assert investment.net_present_value(capex, saving, 0.08, 25.0) > 0.0

    def passes(tenor: float) -> bool:
        return bool(investment.affordable(capex, 0.7, rate, tenor, capex, 0.0, saving, 0.0, 0.0))

    assert not passes(5.0)
    assert passes(8.0)


# ---- rationing -------------------------------------------------------------------------------------------------------


def test_budgets_bind_and_what_is_refused_is_recorded() -> None:
    world, books, clients = make_park(loan_budget_green=50.0, loan_budget_growth=0.0)
    ask(world, GREEN, 10.0)
    year_of(world, books, clients, 1)
    now = world.record[0, 1]
    assert (now.loan_demand_green, now.loan_granted_green, now.loan_rationed_green) == (120.0, 50.0, 70.0)
    assert now.loans_green == 50.0
    assert world.borrowers.granted[0, :, 0].sum() == 5


def test_the_best_carbon_classes_are_served_first_and_the_marginal_class_by_draw() -> None:
    world, books, clients = make_park(runs=40, loan_budget_green=60.0, loan_budget_growth=0.0)
    world.borrowers.carbon_class[...] = CarbonClass.B
    world.borrowers.carbon_class[:, [3, 7]] = CarbonClass.AAA
    world.borrowers.carbon_class[:, 11] = CarbonClass.UNRATED
    world.borrowers.carbon_class[:, 5] = CarbonClass.C
    ask(world, GREEN, 10.0)
    bank.terms(world, books, 1)
    allocate(world, books, clients, 1)
    granted = world.borrowers.granted[:, :, 0]
    assert (granted[:, [3, 7, 11]] == 1).all()  # the unrated stand with the middle class
    assert (granted[:, 5] == 0).all()
    assert (granted.sum(axis=1) == 6).all()
    share = np.delete(granted, [3, 5, 7, 11], axis=1).mean(axis=0)
    assert ((share > 0.1) & (share < 0.7)).all()  # three of eight by lot: nobody always, nobody never


def test_rationing_does_not_depend_on_the_order_of_borrowers() -> None:
    rng = np.random.default_rng(5)
    order = rng.permutation(COUNT)
    amounts, classes = rng.uniform(2.0, 20.0, COUNT), rng.integers(0, 8, COUNT)
    granted = []
    for slots in (np.arange(COUNT), order):
        world, books, clients = make_park(loan_budget_green=60.0)
        world.borrowers.asked[:, :, 1] = amounts[slots]
        world.borrowers.carbon_class[...] = classes[slots]
        clients.identity[...] = clients.identity[:, slots]
        bank.terms(world, books, 1)
        allocate(world, books, clients, 1)
        by_borrower = np.empty((2, COUNT), int)
        by_borrower[:, slots] = world.borrowers.granted[:, :, 1]
        granted.append(by_borrower)
    assert 0 < granted[0].sum() < granted[0].size
    assert (granted[0] == granted[1]).all()


def test_there_are_no_transition_loans_before_transition_finance_opens() -> None:
    for opened, expected in ((0.0, 0.0), (1.0, 30.0 * 1.03)):
        world, books, clients = make_park(transition_finance_open=opened)
        ask(world, TRANSITION, 1.0)
        year_of(world, books, clients, 1)
        assert world.terms.budget[0, TRANSITION] == pytest.approx(expected)
        assert world.record[0, 1].loans_transition == (COUNT if opened else 0.0)


def test_an_unused_green_budget_serves_transition_loans_where_labels_are_matched() -> None:
    for match, expected in ((0.0, 30.0), (1.0, 90.0)):
        world, books, clients = make_park(transition_finance_open=1.0, label_budget_match=match, loan_budget_growth=0.0)
        ask(world, TRANSITION, 10.0)
        year_of(world, books, clients, 1)
        assert world.record[0, 1].loans_transition == expected


def test_capital_limits_lending_whatever_the_budgets_say() -> None:
    world, books, clients = make_park(bank_capital_2020=5.25, budget_multiplier_green=10.0)
    ask(world, GREEN, 10.0)
    year_of(world, books, clients, 1)
    assert world.record[0, 1].loans_green == 50.0  # 5.25 / 0.105


def test_a_credit_line_stops_who_owes_enough_and_a_guarantee_widens_it() -> None:
    for guarantee, expected in ((0.0, 0.0), (0.8, 1.0)):
        world, books, clients = make_park(guarantee_share=guarantee, credit_line_ratio=0.1, loan_budget_green=1000.0)
        ask(world, GREEN, 20.0)
        bank.terms(world, books, 1)
        allocate(world, books, clients, 1)
        assert (world.borrowers.granted[:, :, 0] == expected).all()


# ---- service, default, money -----------------------------------------------------------------------------------------


def test_a_five_year_loan_is_paid_off_by_five_equal_payments() -> None:
    world, books, clients = make_park()
    ask(world, ORDINARY, 10.0)
    paid = []
    for year in range(1, 7):
        year_of(world, books, clients, year)
        world.borrowers.asked[...] = 0.0
        paid.append(world.payments[0, Holder.FIRMS, Holder.BANK] / 4)
    rate = world.record[0, 1].loan_rate_ordinary
    assert paid[:5] == pytest.approx([10.0 * investment.capital_recovery_factor(rate, 5.0)] * 5)
    assert paid[5] == 0.0
    assert (world.borrowers.balance == 0.0).all()
    assert (world.borrowers.service == 0.0).all()


def test_a_payment_that_is_kept_stays_the_annuity_of_what_is_owed() -> None:
    """Loans of several years merge into one whose last year is not a whole one; what is due is never recomputed."""
    world, books, clients = make_park(loan_budget_ordinary=1e4, loan_budget_green=1e4)
    debts, merged = world.borrowers, False
    debts.cash[...] = 1e3
    for year in range(1, YEARS):
        ask(world, (ORDINARY, GREEN)[year % 2], 2.0 + year if year < 5 else 0.0)
        year_of(world, books, clients, year)
        for label in (GREEN, ORDINARY):
            owed, left = debts.balance[0, 0, label], debts.maturity[0, 0, label] - (year + 1)
            due = investment.annuity(owed, debts.rate[0, 0, label], max(1.0, left))
            assert debts.payment[0, 0, label] == pytest.approx(due, rel=1e-9, abs=1e-12)
            merged |= left % 1.0 > 0.01 and owed > 0.0
    assert merged
    assert debts.service == pytest.approx(debts.payment.sum(axis=2))
    assert debts.balance[0, 0, ORDINARY] == 0.0


def test_slots_never_used_change_nothing() -> None:
    """Loops stop at the slots in use: the year's outcomes are those of a bank that visits all."""
    outcomes = []
    for used in (OFFSETS.port, OFFSETS.buildings + 1):
        world, books, clients = make_park(runs=1, guarantee_share=0.8, transition_finance_open=1.0)
        for column in (world.borrowers.cash, world.borrowers.surplus, world.borrowers.size):
            column[0, 5] = 0.0  # a slot that nobody ever held
        books.holder_cash[:, 0, Holder.BUILDINGS] = world.borrowers.cash[0, 4]
        books.used[:, 0, Holder.BUILDINGS] = used
        for year in range(1, 5):
            ask(world, GREEN, 1.0)
            world.borrowers.asked[:, 5] = 0.0
            year_of(world, books, clients, year)
        outcomes.append([*world.record[0].tolist(), *books.mean_risk[0], *world.borrowers.rating[0]])
    assert outcomes[0] == outcomes[1]


def test_default_is_written_off_and_shuts_out_for_some_years() -> None:
    world, books, clients = make_park()
    ask(world, ORDINARY, 10.0)
    year_of(world, books, clients, 1)
    before = books.capital[0, 0]
    world.borrowers.cash[:, 0] = 0.0
    books.holder_cash[:, 0, Holder.FIRMS] = world.borrowers.cash[:, :4].sum(axis=1)
    world.borrowers.asked[...] = 0.0
    world.borrowers.asked[:, 0, 0] = 1.0
    world.borrowers.asked_label[:, 0, 0] = ORDINARY
    owed = world.borrowers.balance[0, 0, ORDINARY]
    answers = []
    for year in range(2, 7):
        if year > 2:
            world.borrowers.cash[:, 0] += 30.0
        year_of(world, books, clients, year)
        answers.append(int(world.borrowers.granted[0, 0, 0]))
        if year == 2:
            assert world.record[0, 2].loan_defaults == 1
            assert world.record[0, 2].written_off_ordinary == pytest.approx(0.45 * (owed + 1.0))
            assert world.borrowers.rating[0, 0] == 1.0
            assert world.borrowers.defaulted[0, 0] == BASE_YEAR + 2
            assert books.capital[0, 0] < before
    assert answers == [1, 0, 0, 0, 1]


def test_the_guarantee_fund_bears_its_share_of_lost_green_loans() -> None:
    world, books, clients = make_park(guarantee_share=0.8, loan_budget_green=1000.0)
    ask(world, GREEN, 10.0)
    year_of(world, books, clients, 1)
    world.borrowers.cash[...] = 0.0
    world.borrowers.asked[...] = 0.0
    year_of(world, books, clients, 2)
    now = world.record[0, 2]
    assert now.guarantees_paid == pytest.approx(min(0.8 * now.written_off_green, 80.0))
    assert now.guarantees_paid > 10.0


def test_the_interest_subsidy_is_limited_by_the_public_budget() -> None:
    world, books, clients = make_park(
        interest_subsidy_green=0.03, loan_budget_green=1e4, bank_capital_2020=1e4, credit_line_ratio=100.0,
        public_budget_inflow=2.0,
    )  # fmt: skip
    ask(world, GREEN, 100.0)
    world.borrowers.cash[...] = 1e4
    for year in (1, 2):
        year_of(world, books, clients, year)
        assert world.record[0, year].public_budget >= 0.0
    now = world.record[0, 2]
    assert now.interest_subsidies_paid == pytest.approx(2.0)  # the inflow, and nothing was left over
    assert now.interest_subsidy_cut > 0.9
    bank.terms(world, books, 3)
    assert world.record[0, 3].loan_rate_green > world.record[0, 1].loan_rate_green + 0.02  # they now count on less


@pytest.mark.parametrize("announced", [True, False])
def test_investment_subsidies_never_empty_the_public_budget_below_zero(announced: bool) -> None:
    world, books, clients = make_park(public_budget_inflow=10.0)
    world.payments[...] = 0.0
    bank.terms(world, books, 1)
    if announced:
        book_subsidies(world, 5.0, True, 1)
    allocate(world, books, clients, 1)
    cash = world.borrowers.cash.copy()
    book_subsidies(world, 5.0, False, 1)
    received = world.borrowers.cash[0] - cash[0]
    assert received.sum() == pytest.approx(20.0)  # carried over and new
    if announced:
        assert received == pytest.approx(np.full(COUNT, 20.0 / COUNT))  # all are cut alike
        assert lending.expected_cover(world, 0, 2) == pytest.approx(20.0 / 60.0)


def test_pledge_loans_do_nothing_without_permits_of_value() -> None:
    for value, expected in ((0.0, 0.0), (5.0, COUNT * 0.005 * 0.7 * 5.0)):
        world, books, clients = make_park(pledge_loans_on=1.0)
        world.borrowers.pledgeable[...] = value
        ask(world, ORDINARY, 10.0)
        year_of(world, books, clients, 1)
        assert world.record[0, 1].pledge_saving == pytest.approx(expected)
        assert world.record[0, 1].money_gap < 1e-9


def test_a_leaving_borrower_repays_what_it_can_and_no_cent_is_lost() -> None:
    world, books, clients = make_park()
    ask(world, ORDINARY, 30.0)
    year_of(world, books, clients, 1)
    world.payments[...] = 0.0
    held = world.borrowers.cash[0, 0]
    book_exit(world, 1, 2)
    service(world, books, 2)
    close_accounts(world, books, 2)
    now = world.record[0, 2]
    assert now.money_gap < 1e-9
    assert now.owed_gap < 1e-9
    assert now.equity_injected == pytest.approx(50.0 - held)
    assert now.written_off_ordinary > 0.0
    assert world.borrowers.balance[0, 1].sum() == 0.0


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.01, 60.0), st.floats(0.0, 40.0)), min_size=1, max_size=YEARS - 1),
    st.floats(0.0, 0.03),
    st.floats(0.0, 0.9),
    st.integers(0, 1),
)
def test_money_owed_is_money_lent_and_payments_balance_in_every_history(
    history: list[tuple[int, float, float]], subsidy: float, guarantee: float, opened: int
) -> None:
    """Any sequence of loans, lean years and defaults keeps cash, loans, capital and the budget consistent."""
    world, books, clients = make_park(
        interest_subsidy_green=subsidy, guarantee_share=guarantee, transition_finance_open=opened
    )
    for year, (label, amount, drain) in enumerate(history, start=1):
        ask(world, label, amount)
        world.payments[...] = 0.0
        bank.terms(world, books, year)
        allocate(world, books, clients, year)
        book_granted(world, year)
        lost = np.minimum(world.borrowers.cash[:, ::2], drain)  # every second borrower has a lean year
        world.borrowers.cash[:, ::2] -= lost
        for column, borrower in enumerate(range(0, COUNT, 2)):
            world.payments[:, world.borrowers.holder[0, borrower], Holder.OUTSIDE] += lost[:, column]
        service(world, books, year)
        close_accounts(world, books, year)
        now = world.record[:, year]
        assert (now.money_gap < 1e-9).all()
        assert (now.owed_gap < 1e-9).all()
        assert (now.public_budget >= -1e-9).all()
        assert (world.borrowers.balance >= 0.0).all()
        assert (world.borrowers.cash >= -1e-9).all()
        assert (books.deposits >= -1e-9).all()
        cash = books.holder_cash[:, 0]
        assert np.allclose(cash[:, Holder.BANK] + now.bank_loans - books.deposits[:, 0], books.capital[:, 0])
    assert cash.sum() == pytest.approx(everything_at_start(), abs=1e-6)  # no money is made or lost by paying


@functools.cache
def everything_at_start() -> float:
    """Cash of all holders of both runs before the first year."""
    _, books, _ = make_park()
    return float(books.holder_cash.sum())


# ---- carbon rating ---------------------------------------------------------------------------------------------------


def test_class_follows_the_three_year_change_and_the_distance_to_the_sector() -> None:
    assert carbon_class_of(0.0, 0.0, 0.06, 0.2) == CarbonClass.BBB
    assert carbon_class_of(-0.30, 0.0, 0.06, 0.2) == CarbonClass.AAA
    assert carbon_class_of(0.30, 0.0, 0.06, 0.2) == CarbonClass.C
    assert carbon_class_of(0.0, -0.6, 0.06, 0.2) < CarbonClass.BBB  # clean for its sector, no change


@given(st.floats(-1.0, 3.0), st.floats(-1.0, 3.0), st.floats(0.0, 0.5))
def test_a_deeper_cut_never_lowers_the_class(change: float, gap: float, further: float) -> None:
    assert carbon_class_of(change - further, gap, 0.06, 0.2) <= carbon_class_of(change, gap, 0.06, 0.2)


def test_ratings_need_three_years_of_verification_and_the_signal() -> None:
    world, _, clients = make_park(carbon_rating_on=1.0)
    group, identity = np.zeros((2, COUNT), np.int64), clients.identity.copy()
    for year in range(6):
        emissions = np.full((2, COUNT), 100.0)
        emissions[:, 0] = 100.0 * 0.9**year
        emissions[:, 1] = -1.0  # not verified
        if year == 5:
            identity[:, 2] += 1 << 20  # an entrant
        verify_intensity(world, clients, emissions, group, identity, 0, 1, year)
        rate_carbon(world, clients, 0, COUNT, year)
        classes = world.borrowers.carbon_class[0]
        if year < 3:
            assert (classes == CarbonClass.UNRATED).all()
    assert classes[0] == CarbonClass.AAA
    assert classes[1] == classes[2] == CarbonClass.UNRATED
    assert classes[3] in (CarbonClass.BBB, CarbonClass.BB)
    world.signals["carbon_rating_on"] = 0.0
    rate_carbon(world, clients, 0, COUNT, 5)
    assert (world.borrowers.carbon_class == CarbonClass.UNRATED).all()


# ---- blocks ----------------------------------------------------------------------------------------------------------


def test_a_run_has_the_same_bits_alone_and_in_a_block_of_64() -> None:
    def history(seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
        world = make_world([bank, lending], runs=len(seeds), borrowers=COUNT, years=YEARS, seeds=seeds,
                           loan_budget_green=40.0, interest_subsidy_green=0.02, guarantee_share=0.5)  # fmt: skip
        world.borrowers.cash[...] = np.linspace(0.0, 9.0, COUNT)
        world.borrowers.size[...] = 100.0
        books, clients = bank.populate(world, OFFSETS)
        for year in range(1, YEARS):
            ask(world, GREEN, 7.0)
            year_of(world, books, clients, year)
        return np.array(world.record.tolist())[..., :], world.borrowers.balance

    record, balance = history(list(range(1, 65)))
    for run in (0, 31, 63):
        alone_record, alone_balance = history([run + 1])
        assert (record[run] == alone_record[0]).all()
        assert (balance[run] == alone_balance[0]).all()
    assert (balance[0] != balance[1]).any()
