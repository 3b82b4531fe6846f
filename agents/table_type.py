"""How compiled code sees a population: as one pointer, not as some hundred values.

numba takes a NamedTuple of arrays apart into pointer, shape and strides of every column, hands all of them to every
rule and counts references to each. A world of 45 arrays then costs more time to compile than everything done with it.
Here a table from ``agents`` or ``sim`` whose members are all arrays (or such tables) enters compiled code as the
address of a block that lists data, shape and strides of each column; ``table.column`` reads its line. Python fills the
block at the entry of a stage and owns the arrays throughout the call, so that nothing needs counting.

The names, types and results are those of the NamedTuple: nothing but this module and ``compiled`` knows of it, and
with NUMBA_DISABLE_JIT=1 it does nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
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


ordinary_tuple = typeof_impl.dispatch(tuple)


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
    """Tables of this park become pointers; every other tuple stays what it is."""
    if hasattr(value, "_fields") and type(value).__module__.partition(".")[0] in PACKAGES:
        table = table_type(value)
        if table is not None:
            return table
    return ordinary_tuple(value, context)


@unbox(Table)
def unbox_table(table: Table, value: Any, context: Any) -> NativeValue:
    """Write data, shape and strides of every column into a block on the stack and pass its address."""
    builder = context.builder
    block = cgutils.alloca_once(builder, WORD, size=table.words)
    fill_block(table, value, context, block, 0)
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
