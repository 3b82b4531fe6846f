"""How compiled code sees a row in parts (:class:`agents.row_parts.RowParts`): as one pointer a part.

``rows[run, agent]`` gives the pointers, ``row.member`` reads or writes in the part that has the member. Which part that
is, is found while compiling, so that a row in parts costs what a record costs.
"""

from __future__ import annotations

import hashlib
import operator
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, datamodel
from numba.core import types as numba_types
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global, signature
from numba.extending import (
    infer_getattr,
    lower_builtin,
    lower_getattr_generic,
    lower_setattr_generic,
    register_model,
    type_callable,
)
from numba.np.arrayobj import make_array, record_getattr, record_setattr

from agents.fields import LINE
from agents.row_parts import fetch
from agents.table_type import Table, read_member

types: Any = numba_types
PLACE = types.UniTuple(types.intp, 2)


class Row(numba_types.Type):
    """The record types of the parts."""

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts = parts
        digest = hashlib.sha256(" ".join(part.name for part in parts).encode()).hexdigest()[:12]
        super().__init__(name=f"Row({digest})")

    def part_of(self, member: str) -> int:
        """Which part has a member; -1 if none."""
        return next((index for index, part in enumerate(self.parts) if member in part.fields), -1)


@register_model(Row)
class RowModel(datamodel.models.StructModel):
    """One pointer a part."""

    def __init__(self, manager: Any, row: Row) -> None:
        super().__init__(manager, row, [(f"part_{index}", types.voidptr) for index in range(len(row.parts))])


@infer_global(operator.getitem)
class RowAtPlace(AbstractTemplate):
    """``rows[run, agent]``."""

    def generic(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """A row, where the table is one of rows in parts."""
        table, place = arguments
        if isinstance(table, Table) and table.instance_class.__name__ == "RowParts" and len(place) == len(PLACE):
            return signature(Row(tuple(column.dtype for column in table.members)), table, PLACE)
        return None


@lower_builtin(operator.getitem, Table, PLACE)
def row_at_place(context: Any, builder: Any, sig: Any, arguments: tuple[Any, ...]) -> Any:
    """Pointers to all parts at a place."""
    (table, _), (value, place) = sig.args, arguments
    row = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    indices = cgutils.unpack_tuple(builder, place, len(PLACE))
    for index, (name, column) in enumerate(zip(table.place, table.members, strict=True)):
        array = make_array(column)(context, builder, read_member(context, builder, table, value, name))
        pointer = cgutils.get_item_pointer(context, builder, column, array, indices)
        setattr(row, f"part_{index}", builder.bitcast(pointer, cgutils.voidptr_t))
    return row._getvalue()


@infer_getattr
class RowMembers(AttributeTemplate):
    """``row.member``, read or written."""

    key = Row

    def generic_resolve(self, row: Row, member: str) -> Any:
        """The member's type, None for an unknown name."""
        part = row.part_of(member)
        return row.parts[part].typeof(member) if part >= 0 else None


def part_with(context: Any, builder: Any, row: Row, value: Any, member: str) -> tuple[Any, Any]:
    """Record type of the part that has a member, and its pointer."""
    part = row.part_of(member)
    record = row.parts[part]
    return record, builder.bitcast(builder.extract_value(value, part), context.get_value_type(record))


@lower_getattr_generic(Row)
def read_row(context: Any, builder: Any, row: Row, value: Any, member: str) -> Any:
    """Read a member as of a record."""
    record, pointer = part_with(context, builder, row, value, member)
    return record_getattr(context, builder, record, pointer, member)


@lower_setattr_generic(Row)
def write_row(context: Any, builder: Any, sig: Any, arguments: tuple[Any, ...], member: str) -> None:
    """Write a member as of a record."""
    (row, kind), (value, written) = sig.args, arguments
    record, pointer = part_with(context, builder, row, value, member)
    record_setattr(context, builder, signature(types.none, record, kind), (pointer, written), member)


@type_callable(fetch)
def type_fetch(context: Any) -> Any:
    """It returns nothing."""
    return lambda column, run, agent: types.none


@lower_builtin(fetch, types.Array, types.Integer, types.Integer)
def fetch_lines(context: Any, builder: Any, sig: Any, arguments: tuple[Any, ...]) -> Any:
    """One instruction a line: read soon, keep close."""
    column, word = sig.args[0], ir.IntType(32)
    array = make_array(column)(context, builder, arguments[0])
    indices = [
        context.cast(builder, value, kind, types.intp) for value, kind in zip(arguments[1:], sig.args[1:], strict=True)
    ]
    indices += [context.get_constant(types.intp, 0)] * (column.ndim - len(indices))
    pointer = cgutils.get_item_pointer(context, builder, column, array, indices)
    pointer = builder.bitcast(pointer, cgutils.voidptr_t)
    kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
    prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
    for begin in range(0, context.get_abi_sizeof(context.get_data_type(column.dtype)), LINE):
        line = builder.gep(pointer, [ir.IntType(64)(begin)])
        builder.call(prefetch, [line, word(0), word(3), word(1)])
    return context.get_dummy_value()
