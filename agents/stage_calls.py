"""Stages called one after another, year after year, without going back to Python in between.

A call from Python costs 2 us when it is at hand and up to 16 us within a run, some fifty times a year, and holds the
interpreter's lock meanwhile: for a few runs at a time, a third of all the time. What a year hands to its stages is the
same tables every year and the year's index. So the calls are noted once and then made by a compiled list of calls.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher, cpu_target

if not numba.config.DISABLE_JIT:
    from agents.table_type import OwningAddress, data_of, lines

WORD, STATUS = ir.IntType(64), ir.IntType(32)
POINTER = ir.IntType(8).as_pointer()
NO_RESULT = -2  # what numba's functions return besides 0 where nothing went wrong


class YearIndex(int):
    """Stands for the year among the arguments of a noted call."""


YEAR = YearIndex(1)


class Call(NamedTuple):
    """A stage and what it is handed."""

    stage: Any
    arguments: tuple[Any, ...]

    def make(self, year: int) -> None:
        """Make this call alone, for a year."""
        self.stage(*(year if argument is YEAR else argument for argument in self.arguments))


class Noting(threading.local):
    """The thread's list of noted calls; None while calls are made."""

    calls: list[Call] | None = None


noting = Noting()


class Stage(CPUDispatcher):
    """A compiled stage, whose calls can be noted instead of made."""

    def __call__(self, *arguments: Any) -> Any:
        if noting.calls is None:
            return super().__call__(*arguments)
        noting.calls.append(Call(self, arguments))
        return None


@contextmanager
def noted() -> Iterator[list[Call]]:
    """While inside, calls of stages by this thread are noted and not made."""
    calls: list[Call] = []
    noting.calls = calls
    try:
        yield calls
    finally:
        noting.calls = None


@global_compiler_lock
def compile_for(call: Call) -> int:
    """Address of the machine code of a call's stage, made or loaded if need be."""
    kinds = tuple(call.stage.typeof_pyval(argument) for argument in call.arguments)
    if kinds not in call.stage.overloads:
        call.stage.compile(kinds)
    code = call.stage.overloads[kinds]
    return int(code.library.get_pointer_to_function(code.fndesc.llvm_func_name))


def sort_of(argument: Any) -> Any:
    """What tells apart the arguments that machine code is made for, sooner than numba's types do."""
    if isinstance(argument, np.ndarray):
        return argument.dtype, argument.ndim, argument.flags.c_contiguous, argument.flags.writeable
    if isinstance(argument, tuple) and not isinstance(argument, OwningAddress):
        return type(argument), *(sort_of(column) for column in argument)
    return type(argument)  # addresses have a class for every kind of table


def entry_of(call: Call) -> int:
    """As compile_for, at once for sorts of arguments that are known."""
    sorts = call.stage, *(sort_of(argument) for argument in call.arguments)
    if sorts not in entries:
        entries[sorts] = compile_for(call)
    return entries[sorts]


entries: dict[tuple[Any, ...], int] = {}  # addresses of stages' machine code by the sorts of their arguments


def words_of(argument: Any, blocks: list[Any]) -> list[int]:
    """What compiled code is handed for an argument: whole numbers and addresses, in the order of numba's models.

    ``blocks`` takes what addresses point to, where nobody else holds it. TypeError for any other argument.
    """
    if isinstance(argument, OwningAddress):
        return [argument[0]]
    if isinstance(argument, int):
        return [argument]
    if isinstance(argument, np.ndarray):
        return [0, 0, argument.size, argument.itemsize, data_of(argument), *argument.shape, *argument.strides]
    if isinstance(argument, tuple):
        blocks.append(np.array(lines(argument), dtype=np.int64))
        return [data_of(blocks[-1])]
    raise TypeError(f"a list of stages cannot hand over {argument!r}")


class CallList:
    """Calls to be made one after another, for any year."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = tuple(calls)  # which keeps alive what the addresses point to
        self.blocks: list[Any] = []
        words, shape = [], []
        for call in self.calls:
            words.append(entry_of(call))
            begin, years = len(words), []
            for argument in call.arguments:
                if argument is YEAR:
                    years.append(len(words) - begin)
                words += words_of(argument, self.blocks)
            shape.append((len(words) - begin, tuple(years)))
        self.words = np.array(words, dtype=np.int64)
        self.table = int(self.words.ctypes.data)  # slow to ask for
        self.run = caller(tuple(shape))

    def __call__(self, year: int, end: int) -> None:
        """Make all calls, year by year before ``end``. RuntimeError where compiled code reports one."""
        failed = self.run(self.table, year, end)
        if failed > 0:
            year, place = divmod(failed - 1, len(self.calls))
            raise RuntimeError(f"{self.calls[place].stage.__name__} failed in year {year}")


@lru_cache(maxsize=8)
@global_compiler_lock
def caller(shape: tuple[tuple[int, tuple[int, ...]], ...]) -> Callable[[int, int, int], int]:
    """Machine code that makes the calls of a table of words, year by year: of each, its address and what it is handed.

    ``shape`` has for each call the number of words it is handed and which of them is the year. The code takes the
    table's address, the first year and the one before which it ends; it returns 0, or the place of the call that
    failed, counted from 1 through all calls of year 0, then of year 1 and so on.
    """
    library = cpu_target.target_context.codegen().create_library("stage_calls")
    module = library.create_ir_module("stage_calls")
    name = f"make_calls_{len(kept)}"
    function = ir.Function(module, ir.FunctionType(WORD, [WORD.as_pointer(), WORD, WORD]), name)
    table, first, end = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    result, fault = builder.alloca(POINTER), builder.alloca(POINTER)
    before, one_year, over = builder.block, function.append_basic_block(), function.append_basic_block()
    builder.branch(one_year)
    builder.position_at_end(one_year)
    year = builder.phi(WORD)
    year.add_incoming(first, before)
    place = 0

    def word(at: int) -> Any:
        return builder.load(builder.gep(table, [WORD(at)]))

    for number, (handed, years) in enumerate(shape, start=1):
        kind = ir.FunctionType(STATUS, [POINTER.as_pointer()] * 2 + [WORD] * handed)
        address = builder.inttoptr(word(place), kind.as_pointer())
        arguments = [year if at in years else word(place + 1 + at) for at in range(handed)]
        status = builder.call(address, [result, fault, *arguments])
        good = builder.or_(
            builder.icmp_signed("==", status, STATUS(0)), builder.icmp_signed("==", status, STATUS(NO_RESULT))
        )
        with builder.if_then(builder.not_(good)):
            builder.ret(builder.add(builder.mul(year, WORD(len(shape))), WORD(number)))
        place += 1 + handed
    following = builder.add(year, WORD(1))
    year.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, end), one_year, over)
    builder.position_at_end(over)
    builder.ret(WORD(0))
    library.add_ir_module(module)
    library.finalize()
    kept.append(library)
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
    )  # releases the interpreter's lock
    made: Any = prototype(library.get_pointer_to_function(name))
    return made


kept: list[Any] = []  # libraries, whose machine code must not go
