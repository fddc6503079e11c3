"""Plans that differ in one field only, for each field of Spark Connect's relations and expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from pyspark import cloudpickle
from pyspark.sql.connect.proto import expressions_pb2, relations_pb2, types_pb2

Expression, Relation = expressions_pb2.Expression, relations_pb2.Relation
Kind = FieldDescriptor
_SCALARS: dict[int, tuple[Any, Any]] = {
    Kind.TYPE_BOOL: (True, False),
    Kind.TYPE_BYTES: (b"1", b"2"),
    Kind.TYPE_DOUBLE: (0.25, 0.5),
    Kind.TYPE_FLOAT: (0.25, 0.5),
    Kind.TYPE_INT32: (1, 2),
    Kind.TYPE_INT64: (1, 2),
    Kind.TYPE_STRING: ("a", "b"),
}
_RIGHT = frozenset({"right", "right_input", "other", "initial_input"})
"""Fields with the second relation of an operation."""


@dataclass(frozen=True)
class Edit:
    """Two plans that differ in one field.

    Attributes:
        path: the name of the message, and of the field within it.
    """

    path: str
    before: Any
    after: Any


def source(number: int) -> Any:
    """Return a relation of the plan's sources: 1 and 2 have columns a, b, c; 3 and 4 have d, e, f."""
    return Relation(common=relations_pb2.RelationCommon(plan_id=number))


def column(name: str) -> Any:
    """Return the expression of a column."""
    return Expression(unresolved_attribute=Expression.UnresolvedAttribute(unparsed_identifier=name))


def _function(value: int) -> Any:
    command = cloudpickle.dumps((lambda row: row + value, None))
    return expressions_pb2.CommonInlineUserDefinedFunction(
        function_name="f",
        deterministic=True,
        arguments=[column("a")],
        python_udf=expressions_pb2.PythonUDF(command=command, eval_type=100),
    )


def _type(name: str) -> Any:
    return types_pb2.DataType(unparsed=types_pb2.DataType.Unparsed(data_type_string=name))


def _values(field: Any) -> tuple[Any, Any]:
    """Return two values of a field that is no list, of a type that is not taken apart."""
    match field.message_type.name if field.message_type else "":
        case "Relation":
            first = 3 if field.name in _RIGHT else 1
            return source(first), source(first + 1)
        case "Expression":
            return column("a"), column("b")
        case "DataType":
            return _type("bigint"), _type("string")
        case "CommonInlineUserDefinedFunction":
            return _function(1), _function(2)
        case "Literal":
            return Expression.Literal(integer=1), Expression.Literal(integer=2)
        case "Any":
            value = GetMessageClass(field.message_type)
            return value(type_url="x", value=b"1"), value(type_url="x", value=b"2")
        case "":
            if field.enum_type:
                return field.enum_type.values[1].number, field.enum_type.values[2].number
            return _SCALARS[field.type]
        case _:
            return next(bases(field.message_type)), None


def bases(descriptor: Descriptor) -> Iterator[Any]:
    """Yield messages with all fields set: one for each member of a choice, and for each value of an enumeration."""
    choices = [
        field.name
        for choice in descriptor.oneofs
        if len(choice.fields) > 1
        for field in choice.fields
    ]
    enums = {
        field.name: [value.number for value in field.enum_type.values[1:]]
        for field in descriptor.fields
        if field.enum_type
    }
    for chosen in choices or [None]:
        yield _filled(descriptor, {name for name in choices if name != chosen})
    for name, numbers in enums.items():
        for number in numbers:
            message = _filled(descriptor, set(choices))
            setattr(message, name, number)
            yield message


def _filled(descriptor: Descriptor, without: set[str]) -> Any:
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if field.name not in without:
            _set(message, field, _values(field)[0])
    return message


def _set(message: Any, field: Any, *values: Any) -> None:
    if field.message_type and field.message_type.GetOptions().map_entry:
        for value in values:
            entry = value.value
            if field.message_type.fields_by_name["value"].message_type:
                getattr(message, field.name)[value.key].CopyFrom(entry)
            else:
                getattr(message, field.name)[value.key] = entry
    elif field.is_repeated:
        del getattr(message, field.name)[:]
        getattr(message, field.name).extend(values)
    elif field.message_type:
        getattr(message, field.name).CopyFrom(values[0])
    else:
        setattr(message, field.name, values[0])


def edits(message: Any) -> Iterator[Edit]:
    """Yield the edits of a message, and of the messages within it that are no expressions or relations."""
    for field in message.DESCRIPTOR.fields:
        if not field.is_repeated and field.has_presence and not message.HasField(field.name):
            continue
        path = f"{message.DESCRIPTOR.name}.{field.name}"
        first, second = _values(field)
        is_map = field.message_type and field.message_type.GetOptions().map_entry
        if is_map:
            yield from _edited(path, message, field, ([first], [_other_value(first)]))
        elif second is None:
            for inner in edits(first):
                yield from _edited(inner.path, message, field, ([inner.before], [inner.after]))
        else:
            yield from _edited(path, message, field, ([first], [second]))
        if field.is_repeated and not is_map and second is not None:
            yield from _edited(f"{path}: more", message, field, ([first], [first, second]))
            yield from _edited(f"{path}: order", message, field, ([first, second], [second, first]))


def _other_value(entry: Any) -> Any:
    other = type(entry)()
    other.CopyFrom(entry)
    field = entry.DESCRIPTOR.fields_by_name["value"]
    if field.message_type:
        other.value.CopyFrom(_values(field)[1])
    else:
        other.value = "b"
    return other


def _edited(path: str, message: Any, field: Any, values: tuple[list[Any], list[Any]]) -> Any:
    pair = []
    for value in values:
        copied = type(message)()
        copied.CopyFrom(message)
        copied.ClearField(field.name)
        _set(copied, field, *value)
        pair.append(copied)
    yield Edit(path, *pair)


def edits_of(parent: Any, choice: str) -> Iterator[Edit]:
    """Yield pairs of relations or expressions, of each kind, that differ in one field."""
    for field in parent.DESCRIPTOR.oneofs_by_name[choice].fields:
        if field.message_type.full_name == "google.protobuf.Any":
            messages: list[Any] = [_values(field)[0]]
        else:
            messages = list(bases(field.message_type))
        for message in messages:
            for edit in edits(message):
                sides = (parent(**{field.name: side}) for side in (edit.before, edit.after))
                yield Edit(edit.path, *sides)
