"""How compiled rules find an element of an array: by an index that counts from the start.

numba lets an index count from the end, as Python does: at every access it asks whether the index is negative and adds
the length if so, which keeps processors from much of what they could do at once; in rules that gather what lies
scattered, a tenth of the time. No rule of this park counts from the end, which ``tests/test_array_index.py`` looks for.
Functions that others compile in the same process keep numba's way.
"""

from __future__ import annotations

import operator
from typing import Any

from numba.core import cgutils
from numba.core import types as numba_types
from numba.core.typing.templates import signature
from numba.extending import lower_builtin
from numba.np.arrayobj import getitem_array_tuple, getitem_arraynd_intp, setitem_array

from agents.linked_rule import LinkedLibrary, StageLibrary

types: Any = numba_types


def from_start(context: Any, builder: Any, kind: Any, index: Any) -> tuple[Any, Any]:
    """Type and value of an index, or of each in a tuple, as a rule means it: whole numbers have no sign."""
    if not isinstance(context.active_code_library, LinkedLibrary | StageLibrary):
        return kind, index
    if isinstance(kind, types.Integer):
        return types.uintp, context.cast(builder, index, kind, types.intp)
    if not isinstance(kind, types.BaseTuple):
        return kind, index
    members = cgutils.unpack_tuple(builder, index, len(kind))
    found = [from_start(context, builder, of, member) for of, member in zip(kind, members, strict=True)]
    whole = types.Tuple([of for of, _ in found])
    return whole, context.make_tuple(builder, whole, [member for _, member in found])


@lower_builtin(operator.getitem, types.Array, types.Integer)
def read_at(context: Any, builder: Any, sig: Any, arguments: tuple[Any, ...]) -> Any:
    """``array[index]``."""
    kind, index = from_start(context, builder, sig.args[1], arguments[1])
    meant = signature(sig.return_type, sig.args[0], kind)
    return getitem_arraynd_intp(context, builder, meant, (arguments[0], index))


@lower_builtin(operator.getitem, types.Array, types.BaseTuple)
def read_at_place(context: Any, builder: Any, sig: Any, arguments: tuple[Any, ...]) -> Any:
    """``array[index, index]``, also with slices among them."""
    kind, index = from_start(context, builder, sig.args[1], arguments[1])
    meant = signature(sig.return_type, sig.args[0], kind)
    return getitem_array_tuple(context, builder, meant, (arguments[0], index))


@lower_builtin(operator.setitem, types.Array, types.Integer, types.Any)
@lower_builtin(operator.setitem, types.Array, types.BaseTuple, types.Any)
def write_at(context: Any, builder: Any, sig: Any, arguments: tuple[Any, ...]) -> Any:
    """``array[index] = value``, also with several indices and slices."""
    kind, index = from_start(context, builder, sig.args[1], arguments[1])
    meant = signature(sig.return_type, sig.args[0], kind, sig.args[2])
    return setitem_array(context, builder, meant, (arguments[0], index, arguments[2]))
