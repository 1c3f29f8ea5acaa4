"""Zip files: the same content gives the same bytes, whoever packs it and when."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

_FIRST, _LAST = 1980, 2107
_UNIX, _REGULAR = 3, 0o100644 << 16
#: The most bytes that a file in an archive may come to, so that a small one cannot fill the memory.
MOST = 1 << 30


class ArchiveError(Exception):
    """A zip file that cannot be read; the message says why, without its name."""


def pack(files: Mapping[str, bytes], moment: datetime | None) -> bytes:
    """Return a zip of `files`, by their names in it.

    Args:
        files: in the order in which they are to stand.
        moment: the time that each of them gets; the first that a zip knows where there is none.

    """
    dated = moment is not None and _FIRST <= moment.year <= _LAST
    when = moment.timetuple()[:6] if moment is not None and dated else (_FIRST, 1, 1, 0, 0, 0)
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, when)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _REGULAR
            archive.writestr(info, content)
    return found.getvalue()


def is_archive(path: Path) -> bool:
    """Tell whether a file begins as a zip does.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def member(path: Path, name: str) -> bytes:
    """Return one file of a zip.

    Raises:
        ArchiveError: the zip is damaged, or holds no such file, or one that is too large.
        OSError: it cannot be read.

    """
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                raise ArchiveError(f"there is no {name} in it")
            if archive.getinfo(name).file_size > MOST:
                raise ArchiveError(f"its {name} is larger than {MOST >> 20} MiB")
            return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ArchiveError(f"it is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:
        raise ArchiveError(f"it is packed in a way that is not understood: {error}") from error
