"""Faults in single values: of parameters as they are sent, of rows as they come."""

from __future__ import annotations

import datetime as dt
import json
import re
import struct
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .fault import POSTGRESQL, fault
from .fault import SQLITE_AND_POSTGRESQL as BOTH
from .layer import Cursor

LONGEST = 65_535

# What a dialect asks the server about itself must arrive, or nobody reaches the backend.
_OF_TABLES = re.compile(
    r"\b(?:FROM|INTO|UPDATE)\s+[\"`]?(?!pg_|sqlite_|information_schema)\w", re.IGNORECASE
)


class Values(Cursor):
    """A cursor that changes values: `sent` those of parameters, `came` those of rows of tables."""

    def opened(self) -> None:
        self.of_tables = False

    def rewrite(self, sql: str) -> str | None:
        self.of_tables = bool(_OF_TABLES.search(sql))
        return sql

    def sent(self, value: Any) -> Any:
        """Return what is sent for a parameter's value."""
        return value

    def came(self, value: Any) -> Any:
        """Return what is handed out for a value of a row."""
        return value

    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        changed = [each(given, self.sent) for given in arguments[:1]]
        return super().execute(operation, *changed, *arguments[1:], **options)

    def executemany(self, operation: Any, parameters: Any, *arguments: Any, **options: Any) -> Any:
        changed = [each(given, self.sent) for given in parameters]
        return super().executemany(operation, changed, *arguments, **options)

    def rows(self, found: list[Any]) -> list[Any]:
        if not self.of_tables:
            return found
        return [tuple(self.came(value) for value in row) for row in found]


def each(parameters: Any, change: Any) -> Any:
    """Return a set of parameters, by name or by place, with each value changed."""
    if isinstance(parameters, dict):
        return {name: change(value) for name, value in parameters.items()}
    if isinstance(parameters, list | tuple):
        return tuple(change(value) for value in parameters)
    return parameters


@fault(
    "text-as-bytes",
    "Text arrives as bytes.",
    over=BOTH,
    caught_by=("values-round-trip.text-is-str", "pooling.raw-connection-usable"),
)
class TextAsBytes(Values):
    def came(self, value: Any) -> Any:
        return value.encode() if isinstance(value, str) else value


@fault(
    "text-guessed",
    "Text that looks like a number or a date arrives as one.",
    over=BOTH,
    caught_by=("values-round-trip.text-like-numbers", "values-round-trip.text-like-dates"),
)
class TextGuessed(Values):
    def came(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for guess in (int, float, dt.datetime.fromisoformat):
            try:
                return guess(value)
            except ValueError:
                continue
        return value


@fault(
    "blanks-cut",
    "Text arrives without its trailing blanks.",
    over=BOTH,
    caught_by=("values-round-trip.text-plain",),
)
class BlanksCut(Values):
    def came(self, value: Any) -> Any:
        return value.rstrip(" ") if isinstance(value, str) else value


@fault(
    "long-values-cut",
    "Text and bytes arrive without what is beyond 65,535 of them.",
    over=BOTH,
    caught_by=("values-round-trip.text-large", "values-round-trip.binary-large"),
)
class LongValuesCut(Values):
    def came(self, value: Any) -> Any:
        return value[:LONGEST] if isinstance(value, str | bytes) else value


@fault(
    "four-byte-characters-replaced",
    "A question mark is sent for each character of four bytes.",
    over=BOTH,
    caught_by=(
        "values-round-trip.text-unicode",
        "values-round-trip.text-emoji-default-charset",
        "pooling.unicode-connection",
    ),
)
class FourByteCharactersReplaced(Values):
    def rewrite(self, sql: str) -> str | None:
        return super().rewrite(_three_bytes(sql))

    def sent(self, value: Any) -> Any:
        return _three_bytes(value) if isinstance(value, str) else value


def _three_bytes(text: str) -> str:
    return re.sub("[\U00010000-\U0010ffff]", "?", text)


@fault(
    "unencodable-replaced",
    "A question mark is sent for what no encoding takes, and nobody is told.",
    over=BOTH,
    caught_by=("disconnects.client-encoding-error",),
)
class UnencodableReplaced(Values):
    def sent(self, value: Any) -> Any:
        return value.encode(errors="replace").decode() if isinstance(value, str) else value


@fault(
    "backslashes-doubled",
    "Each backslash of a value is sent twice.",
    over=BOTH,
    caught_by=("values-round-trip.text-metacharacters",),
)
class BackslashesDoubled(Values):
    def sent(self, value: Any) -> Any:
        return value.replace("\\", "\\\\") if isinstance(value, str) else value


@fault(
    "empty-as-null",
    "NULL is sent for an empty string.",
    over=BOTH,
    caught_by=("bulk-and-dml.mixed-none-and-types",),
)
class EmptyAsNull(Values):
    def sent(self, value: Any) -> Any:
        return None if isinstance(value, str) and not value else value


@fault(
    "binary-as-text",
    "Bytes arrive as text.",
    over=BOTH,
    caught_by=("values-round-trip.binary-is-bytes", "identity-map.key-type-bytes"),
)
class BinaryAsText(Values):
    def came(self, value: Any) -> Any:
        return value.decode("latin-1") if isinstance(value, bytes) else value


@fault(
    "binary-ends-at-zero",
    "Bytes arrive up to the first zero.",
    over=BOTH,
    caught_by=("values-round-trip.binary", "identity-map.key-type-bytes"),
)
class BinaryEndsAtZero(Values):
    def came(self, value: Any) -> Any:
        return value.partition(b"\x00")[0] if isinstance(value, bytes) else value


@fault(
    "integers-of-32-bits",
    "Integers arrive as their lower 32 bits.",
    over=BOTH,
    caught_by=("values-round-trip.bigint",),
)
class IntegersOf32Bits(Values):
    def came(self, value: Any) -> Any:
        if type(value) is not int:
            return value
        return (value + 2**31) % 2**32 - 2**31


@fault(
    "double-through-single",
    "Doubles arrive as single precision holds them.",
    over=BOTH,
    caught_by=("values-round-trip.double", "detached-and-merge.merge-equal-no-update"),
)
class DoubleThroughSingle(Values):
    def came(self, value: Any) -> Any:
        if not isinstance(value, float) or abs(value) > 1e38:
            return value
        return struct.unpack("f", struct.pack("f", value))[0]


@fault(
    "decimal-through-float",
    "Exact numbers arrive as a float holds them.",
    over=(POSTGRESQL,),
    caught_by=("values-round-trip.decimal",),
)
class DecimalThroughFloat(Values):
    def came(self, value: Any) -> Any:
        return Decimal(float(value)) if isinstance(value, Decimal) else value


@fault(
    "boolean-as-integer",
    "Truth values arrive as integers.",
    over=(POSTGRESQL,),
    caught_by=("values-round-trip.boolean",),
)
class BooleanAsInteger(Values):
    def came(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else value


@fault(
    "datetime-shifted",
    "Dates with times arrive an hour late.",
    over=(POSTGRESQL,),
    caught_by=("values-round-trip.datetime", "identity-map.key-type-datetime"),
)
class DatetimeShifted(Values):
    def came(self, value: Any) -> Any:
        if not isinstance(value, dt.datetime) or value.year == dt.MAXYEAR:
            return value
        return value + dt.timedelta(hours=1)


@fault(
    "datetime-by-session-zone",
    "Dates with times are taken for UTC, and shown in the zone of the connection.",
    over=(POSTGRESQL,),
    caught_by=("values-round-trip.datetime-not-shifted",),
)
class DatetimeBySessionZone(Values):
    def came(self, value: Any) -> Any:
        if not isinstance(value, dt.datetime) or value.tzinfo or value.year == dt.MAXYEAR:
            return value
        zone = ZoneInfo(self.connection.real.info.parameter_status("TimeZone"))
        return value.replace(tzinfo=dt.UTC).astimezone(zone).replace(tzinfo=None)


@fault(
    "json-encoded-twice",
    "JSON arrives as JSON of its text.",
    over=BOTH,
    caught_by=("values-round-trip.json-structures",),
)
class JsonEncodedTwice(Values):
    def came(self, value: Any) -> Any:
        encoded = isinstance(value, str) and value.startswith("{")
        return json.dumps(value) if encoded or isinstance(value, dict) else value


@fault(
    "uuid-as-text",
    "UUIDs arrive as text.",
    over=(POSTGRESQL,),
    caught_by=("values-round-trip.uuid", "identity-map.key-type-uuid"),
)
class UuidAsText(Values):
    def came(self, value: Any) -> Any:
        return str(value) if isinstance(value, uuid.UUID) else value
