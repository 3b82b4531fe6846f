"""How compiled code sees a population: as one pointer, not as some hundred values.

numba takes a NamedTuple of arrays apart into pointer, shape and strides of every column, hands all of them to every
rule and counts references to each. A world of 45 arrays then costs more time to compile than everything done with it.
Here a table from ``agents`` or ``sim`` whose members are all arrays (or such tables) enters compiled code as the
address of a block that lists data, shape and strides of each column; ``table.column`` reads its line. Python fills the
block at the entry of a stage and owns the arrays throughout the call, so that nothing needs counting.

The names, types and results are those of the NamedTuple: nothing but this module and ``compiled`` knows of it, and
with NUMBA_DISABLE_JIT=1 it does nothing.

Reading every column at each call costs 5 to 12 us. Whoever calls stages many times with the same tables makes the block
once: ``pointer_to(table)`` is an :class:`Address` that a stage takes in the table's place within a fraction of that.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba._dispatcher import compute_fingerprint
from numba.core import cgutils, datamodel
from numba.core import types as numba_types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, register_model, typeof_impl, unbox
from numba.np.numpy_support import from_dtype, map_layout

types: Any = numba_types
PACKAGES = ("agents", "sim", "policies")
WORD = ir.IntType(64)
BYTE = ir.IntType(8).as_pointer()
OBJECT_HEAD = object.__basicsize__  # bytes of a Python object before its own members
ARRAY_DATA, ARRAY_SHAPE, ARRAY_STRIDES = (
    0,
    16,
    24,
)  # PyArrayObject after the head: data, nd, dimensions, strides (NumPy ABI)


class Column(numba_types.Array):
    """An array of a table: owned by Python throughout the call, so that references to it are never counted."""

    def copy(self, dtype: Any = None, ndim: Any = None, layout: Any = None, readonly: Any = None) -> Any:
        """A slice of a column is a column too; whatever allocates memory is an ordinary array."""
        if dtype is None and readonly is None and ndim is not None and layout is not None:
            return Column(self.dtype, ndim, layout, readonly=not self.mutable, aligned=self.aligned)
        return super().copy(dtype, ndim, layout, readonly)


@register_model(Column)
class ColumnModel(datamodel.models.StructModel):
    """The members of an ordinary array, but no counted reference among them."""

    def __init__(self, manager: Any, column: Column) -> None:
        members = [
            ("meminfo", types.voidptr),
            ("parent", types.voidptr),
            ("nitems", types.intp),
            ("itemsize", types.intp),
            ("data", types.CPointer(column.dtype)),
            ("shape", types.UniTuple(types.intp, column.ndim)),
            ("strides", types.UniTuple(types.intp, column.ndim)),
        ]
        super().__init__(manager, column, members)


class Table(numba_types.Type):
    """A NamedTuple class and the types of its columns; in compiled code one pointer."""

    def __init__(self, instance_class: type, members: tuple[Any, ...]) -> None:
        self.instance_class = instance_class
        self.members = members
        self.place: dict[str, tuple[int, Any]] = {}
        self.words: int
        words = 0
        for name, member in zip(instance_class._fields, members, strict=True):  # type: ignore[attr-defined]
            self.place[name] = (words, member)
            words += member.words if isinstance(member, Table) else 1 + 2 * member.ndim
        self.words = words
        title = f"{instance_class.__module__}.{instance_class.__qualname__}"
        super().__init__(name=f"Table({title}, {', '.join(member.name for member in members)})")
        self.short_name = f"{title}.{hashlib.sha256(self.name.encode()).hexdigest()[:12]}"

    @property
    def mangling_args(self) -> tuple[str, tuple[Any, ...]]:
        """A short name for symbols, the same in every process: the full one lists every parameter of the park."""
        return self.short_name, ()


@register_model(Table)
class TableModel(datamodel.models.PrimitiveModel):
    """A pointer."""

    def __init__(self, manager: Any, table: Table) -> None:
        super().__init__(manager, table, WORD.as_pointer())


class Address(NamedTuple):
    """The address of a table's block that is made once; numba tells kinds apart by the names of their classes."""

    block: int


class OwningAddress(Address):
    """It owns block and table, whose arrays must stay in place; in Python its columns are the table's."""

    kind: ClassVar[Table]
    owned: tuple[Any, Any]
    shown: dict[Any, Any]  # other tables over the same arrays, by the function that makes them

    def __getattr__(self, name: str) -> Any:
        return getattr(self.owned[0], name)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy points to a block of its own."""
        return pointer_to, (self.owned[0],)


address_classes: dict[bytes, type[OwningAddress] | None] = {}  # by what numba tells types of values apart


def address_class(table: Any) -> type[OwningAddress] | None:
    """The class of addresses of a table; None for a table of one column, whose length is that of an address."""
    kind = table_type(table)
    if kind is None or len(kind.members) == 1:
        return None
    return type(f"Address{kind.short_name[-12:]}", (OwningAddress,), {"kind": kind})


def pointer_to(table: Any) -> Any:
    """An address that stages take for a table of several columns; any other value as it is."""
    if not in_package(table):
        return table
    known = compute_fingerprint(table)
    if known not in address_classes:
        address_classes[known] = address_class(table)
    made_of = address_classes[known]
    if made_of is None:
        return table
    block = np.array(lines(table), dtype=np.int64)
    made = made_of(block.ctypes.data)
    made.owned, made.shown = (table, block), {}
    return made


def shown_as(table: Any, make: Callable[[Any], Any]) -> Any:
    """``make(table)``, a table over the same arrays: made once, and taken as an address, where ``table`` is one."""
    if not isinstance(table, OwningAddress):
        return make(table)
    if make not in table.shown:
        table.shown[make] = pointer_to(make(table))
    return table.shown[make]


def data_of(array: Any) -> int:
    """Address of an array's elements, as fill_block finds it; numpy's own way takes ten times as long."""
    return int(ctypes.c_ssize_t.from_address(id(array) + OBJECT_HEAD + ARRAY_DATA).value)


def lines(table: Any) -> list[int]:
    """What fill_block writes: data, shape and strides of every column in order."""
    found: list[int] = []
    for member in table:
        if isinstance(member, np.ndarray):
            found += (data_of(member), *member.shape, *member.strides)
        else:
            found += lines(member)
    return found


ordinary_tuple = typeof_impl.dispatch(tuple)


def in_package(value: Any) -> bool:
    """Is it a NamedTuple of this park?"""
    return hasattr(value, "_fields") and type(value).__module__.partition(".")[0] in PACKAGES


LAYOUTS: dict[int, tuple[np.dtype[Any], Any]] = {}  # types of records by identity of their layout, which is held too
MOST_LAYOUTS = 500


def element_type(layout: np.dtype[Any]) -> Any:
    """numba's type of an array's elements; that of records takes milliseconds to make, so it is made once a layout."""
    if layout.names is None:
        return from_dtype(layout)
    held = LAYOUTS.get(id(layout))
    if held is None:
        if len(LAYOUTS) >= MOST_LAYOUTS:
            LAYOUTS.clear()
        held = LAYOUTS[id(layout)] = (layout, from_dtype(layout))
    return held[1]


def table_type(value: Any) -> Table | None:
    """The table type of a NamedTuple whose members are all arrays or such tables, else None."""
    members: list[Any] = []
    for member in value:
        if isinstance(member, np.ndarray):
            element = element_type(member.dtype)
            members.append(Column(element, member.ndim, map_layout(member), readonly=not member.flags.writeable))
        elif isinstance(member, tuple) and hasattr(member, "_fields") and (inner := table_type(member)) is not None:
            members.append(inner)
        else:
            return None
    return Table(type(value), tuple(members)) if members else None


@typeof_impl.register(tuple)
def type_of_tuple(value: Any, context: Any) -> Any:
    """Tables of this park and their addresses become pointers; every other tuple stays what it is."""
    if isinstance(value, OwningAddress):
        return value.kind
    if in_package(value):
        table = table_type(value)
        if table is not None:
            return table
    return ordinary_tuple(value, context)


@unbox(Table)
def unbox_table(table: Table, value: Any, context: Any) -> NativeValue:
    """Pass an Address as it is; else write every column into a block on the stack and pass that one's address."""
    builder = context.builder
    block = cgutils.alloca_once(builder, WORD, size=table.words)
    chosen = cgutils.alloca_once_value(builder, block)
    if len(table.members) == 1:
        fill_block(table, value, context, block, 0)
    else:
        length = context.pyapi.tuple_size(value)
        with builder.if_else(builder.icmp_signed("==", length, length.type(1))) as (made, columns):
            with made:
                number = context.pyapi.long_as_longlong(context.pyapi.tuple_getitem(value, 0))
                builder.store(builder.inttoptr(number, block.type), chosen)
            with columns:
                fill_block(table, value, context, block, 0)
    block = builder.load(chosen)
    # the address passes through an empty instruction so that no read is moved before these writes
    opaque = ir.FunctionType(block.type, [block.type])
    address = builder.asm(opaque, "", "=r,0,~{memory}", [block], side_effect=True)
    return NativeValue(address)


def fill_block(table: Table, value: Any, context: Any, block: Any, first: int) -> None:
    """The lines of one table, from word ``first`` on; tables within it follow in their place."""
    builder = context.builder

    def member_of(base: Any, offset: int, kind: Any) -> Any:
        address = builder.gep(base, [WORD(offset)])
        return builder.load(builder.bitcast(address, kind.as_pointer()))

    def write(word: int, what: Any) -> None:
        builder.store(what, builder.gep(block, [WORD(first + word)]))

    for index, (word, member) in enumerate(table.place.values()):
        item = context.pyapi.tuple_getitem(value, index)
        if isinstance(member, Table):
            fill_block(member, item, context, block, first + word)
            continue
        head = builder.gep(builder.bitcast(item, BYTE), [WORD(OBJECT_HEAD)])
        write(word, member_of(head, ARRAY_DATA, WORD))
        shape = member_of(head, ARRAY_SHAPE, WORD.as_pointer())
        strides = member_of(head, ARRAY_STRIDES, WORD.as_pointer())
        for axis in range(member.ndim):
            write(word + 1 + axis, builder.load(builder.gep(shape, [WORD(axis)])))
            write(word + 1 + member.ndim + axis, builder.load(builder.gep(strides, [WORD(axis)])))


@infer_getattr
class TableAttributes(AttributeTemplate):
    """``table.column`` and ``table.inner``."""

    key = Table

    def generic_resolve(self, table: Table, attribute: str) -> Any:
        """The member's type, None for an unknown name."""
        place = table.place.get(attribute)
        return place[1] if place else None


@lower_getattr_generic(Table)
def read_member(context: Any, builder: Any, table: Table, value: Any, attribute: str) -> Any:
    """Read one column's line; the block never changes during a call, which lets the compiler read it once."""
    first, member = table.place[attribute]
    if isinstance(member, Table):
        return builder.gep(value, [WORD(first)])
    fixed = builder.module.add_metadata([])

    def line(word: int) -> Any:
        loaded = builder.load(builder.gep(value, [WORD(first + word)]))
        loaded.set_metadata("invariant.load", fixed)
        return loaded

    data, shape = line(0), [line(1 + axis) for axis in range(member.ndim)]
    strides = [line(1 + member.ndim + axis) for axis in range(member.ndim)]
    element = context.get_data_type(member.dtype)
    items = WORD(1)
    for length in shape:
        items = builder.mul(items, length, flags=["nsw"])
    # members of a column in their order; meminfo and parent stay null: nobody counts references to it
    column = cgutils.get_null_value(context.get_value_type(member))
    column = builder.insert_value(column, items, 2)
    column = builder.insert_value(column, WORD(context.get_abi_sizeof(element)), 3)
    column = builder.insert_value(column, builder.inttoptr(data, element.as_pointer()), 4)
    for axis in range(member.ndim):
        column = builder.insert_value(column, shape[axis], [5, axis])
        column = builder.insert_value(column, strides[axis], [6, axis])
    return column
