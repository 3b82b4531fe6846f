"""Mesa agents as views: attributes read and write one row of the columns that the compiled stages move.

A view holds no state. ``park.firms.select(lambda firm: firm.cash > 1)`` and ``.set("cash", 2.0)`` therefore
see and change the very numbers that the next ``step`` uses. The classes are made from the field tables.
"""

from __future__ import annotations

from typing import Any

from mesa.discrete_space import CellAgent

from agents.fields import Field, fields_of

RESERVED = {"model", "unique_id", "pos", "row", "rows", "tables"}  # set on each view


class View(CellAgent):
    """One row of a population in one park; made by :class:`sim.park.Park`, never by hand."""

    def __init__(self, model: Any, row: int, tables: tuple[Any, ...], rows: tuple[int, ...]) -> None:
        super().__init__(model)
        self.row = row
        self.tables = tables
        self.rows = rows


def column_property(table: int, name: str, field: Field) -> property:
    """Property over ``tables[table].name[0, rows[table]]``: a scalar, or an array view where the field has axes."""

    def read(view: View) -> Any:
        value = getattr(view.tables[table], name)[0, view.rows[table]]
        return value if field.axes else value.item()

    def write(view: View, value: Any) -> None:
        getattr(view.tables[table], name)[0, view.rows[table]] = value

    return property(read, write, doc=f"{field.meaning} [{field.unit}]")


VIEW_CLASSES: dict[tuple[Any, ...], type[View]] = {}  # made so far, by name and tables


def view_class(name: str, *tables: type) -> type[View]:
    """A view class with one property a column of the given tables; where two tables share a name the first wins.

    The same call gives the same class, so that parks share their agents' types. Raises TypeError for a column whose
    name Mesa's agents or views need for themselves.
    """
    if (name, *tables) in VIEW_CLASSES:
        return VIEW_CLASSES[name, *tables]
    body: dict[str, Any] = {"__module__": __name__, "__doc__": f"View of one row of {tables[0].__name__}."}
    for index, table in enumerate(tables):
        for column, (field, _) in fields_of(table).items():
            if column in RESERVED or hasattr(View, column):
                raise TypeError(f"{table.__name__}.{column}: agents in Mesa need this name for themselves")
            body.setdefault(column, column_property(index, column, field))
    made = VIEW_CLASSES[name, *tables] = type(name, (View,), body)
    return made
