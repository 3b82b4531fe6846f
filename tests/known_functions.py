"""Functions whose Sobol' indices are known in closed form."""

from __future__ import annotations

import numpy as np

from agents.fields import Floats

ISHIGAMI_BOUNDS = [(-np.pi, np.pi)] * 3
G_COEFFICIENTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])
LINEAR = np.array([3.0, -2.0, 1.0, 0.0])


def ishigami(x: Floats) -> Floats:
    """Ishigami and Homma (1990) with a = 7, b = 0.1."""
    return np.asarray(np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def ishigami_indices() -> tuple[Floats, Floats]:
    """First and total indices [3]."""
    alone_1, alone_2 = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2, 49.0 / 8.0
    together = 0.01 * np.pi**8 * 8.0 / 225.0
    variance = alone_1 + alone_2 + together
    return (
        np.array([alone_1, alone_2, 0.0]) / variance,
        np.array([alone_1 + together, alone_2, together]) / variance,
    )


def g_function(x: Floats) -> Floats:
    """The g-function of Sobol' (1993) on the unit cube [6]."""
    return np.asarray(((np.abs(4.0 * x - 2.0) + G_COEFFICIENTS) / (1.0 + G_COEFFICIENTS)).prod(axis=1))


def g_indices() -> tuple[Floats, Floats]:
    """First and total indices [6]."""
    alone = 1.0 / (3.0 * (1.0 + G_COEFFICIENTS) ** 2)
    whole = (1.0 + alone).prod()
    return alone / (whole - 1.0), alone / (1.0 + alone) * whole / (whole - 1.0)


def linear(x: Floats) -> Floats:
    """A sum without interaction; the last input does nothing."""
    return np.asarray(x @ LINEAR)


def linear_indices() -> Floats:
    """First indices, which are the total ones [4], for inputs of one range."""
    return np.asarray(LINEAR**2 / (LINEAR**2).sum())
