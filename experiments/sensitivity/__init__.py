"""Which inputs move the park: Morris screening, Sobol' indices, PAWN, regional analysis and swings.

``sobol``, ``morris`` and ``pawn`` take a batched function f(X[m, d]) -> Y[m] or Y[m, k], its bounds, a number of base
points and a seed; each has a pair of functions that plan the runs and judge their outputs, for runs made elsewhere.
"""

from experiments.sensitivity.distributions import (
    PawnIndices,
    RegionalSensitivity,
    Swings,
    before,
    holm,
    pawn,
    pawn_given,
    regional,
    swings,
)
from experiments.sensitivity.elementary import MorrisEffects, morris, morris_design, morris_effects
from experiments.sensitivity.variance import Convergence, SobolIndices, sobol, sobol_design, sobol_indices

__all__ = [
    "Convergence",
    "MorrisEffects",
    "PawnIndices",
    "RegionalSensitivity",
    "SobolIndices",
    "Swings",
    "before",
    "holm",
    "morris",
    "morris_design",
    "morris_effects",
    "pawn",
    "pawn_given",
    "regional",
    "sobol",
    "sobol_design",
    "sobol_indices",
    "swings",
]
