"""Rules that only compiled code calls need no machine code, stages that only Python calls nothing to link with.

numba turns every function into machine code by itself and once more within each function that calls it. For a rule that
takes tables the first is never used: here its library is prepared for linking and goes no further, which saves a third
of what the rule costs to compile. The code of the stages that call it is the same. Of a stage numba stores the machine
code and the code before it, for others to link with, which nobody does: here the second is left out, since reading it
takes longer than all else of loading a compiled stage.

A rule that loops over arrays may promise that they lie apart. Without the promise a loop over the hours of a day spends
as long on comparing addresses as on its work, or is not done several values at a time at all.
"""

from __future__ import annotations

from typing import Any

from llvmlite.binding import Linkage, parse_assembly  # type: ignore[import-untyped]
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference


class Codegen:
    """numba's code generator, for a library without a place in memory."""

    def __init__(self, codegen: Any) -> None:
        self.codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self.codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing to set: the function has no address."""


class LinkedLibrary(JITCodeLibrary):
    """Code to be linked into its callers; it is tidied, but neither fully optimised nor made executable."""

    @property
    def codegen(self) -> Any:
        """See Codegen."""
        return Codegen(self._codegen)

    def _optimize_final_module(self) -> None:
        """The first of numba's two rounds; the second is left to the callers."""
        passes, builder = self._codegen._module_pass_manager(
            loop_vectorize=self._codegen._loopvect, slp_vectorize=False, opt=self._codegen._opt_level, cost="cheap"
        )
        passes.run(self._final_module, builder)

    def _finalize_final_module(self) -> None:
        """As numba does it, without handing the module to the machine-code engine."""
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """No function here has an address."""
        self._ensure_finalized()
        return 0


class StageLibrary(JITCodeLibrary):
    """Code that is called from Python alone: stored as machine code beside the names of its entries."""

    def _optimize_final_module(self) -> None:
        """The second of numba's two rounds: the rules linked in have been through the first.

        Nobody else calls them, which lets the optimiser change what they are handed. They are private rather than
        internal, since numba's loader would find an internal function by its name and bind a later module to it.
        """
        for part in self._final_module.functions:
            if not part.is_declaration and part.linkage == Linkage.linkonce_odr:
                part.linkage = Linkage.private
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)

    def serialize_using_object_code(self) -> Any:
        """What the cache keeps; read back as an ordinary library of numba, whose code for linking is hollow."""
        self._ensure_finalized()
        functions = (part for part in self._final_module.functions if not part.is_declaration)
        names = (part.name for part in functions if part.linkage == Linkage.external)
        hollow = parse_assembly("\n".join(f'define void @"{name}"() {{ ret void }}' for name in names))
        return self.name, "object", (self._get_compiled_object(), hollow.as_bitcode())


@register_pass(mutates_CFG=False, analysis_only=True)
class KeepForLinking(FunctionPass):
    """Give the function a library for linking only."""

    _name = "keep_for_linking"
    separate = False  # may the compiler assume that no two arguments share memory?

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Before the function is lowered."""
        if self.separate:
            state.flags.noalias = True
        state.library = LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class KeepForPython(FunctionPass):
    """Give the function a library for calls from Python only."""

    _name = "keep_for_python"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Before the function is lowered."""
        state.library = StageLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return False


def pipelines(state: Any, library_pass: type[FunctionPass]) -> list[Any]:
    """numba's pipeline without Python objects, with a pass that chooses the library."""
    passes = DefaultPassBuilder.define_nopython_pipeline(state)
    passes.add_pass_after(library_pass, NopythonTypeInference)
    passes.finalize()
    return [passes]


class RuleCompiler(CompilerBase):
    """numba's compiler for rules."""

    keeps: type[KeepForLinking] = KeepForLinking

    def define_pipelines(self) -> list[Any]:
        """One pipeline: compile without Python objects."""
        return pipelines(self.state, self.keeps)


class StageCompiler(CompilerBase):
    """numba's compiler for stages."""

    def define_pipelines(self) -> list[Any]:
        """One pipeline: compile without Python objects."""
        return pipelines(self.state, KeepForPython)


@register_pass(mutates_CFG=False, analysis_only=True)
class KeepLoopsForLinking(KeepForLinking):
    """The same for loops over arrays that lie apart."""

    _name = "keep_loops_for_linking"
    separate = True


class LoopCompiler(RuleCompiler):
    """numba's compiler for rules that loop over arrays that lie apart."""

    keeps = KeepLoopsForLinking
