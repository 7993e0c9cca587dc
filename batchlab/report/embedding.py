"""The data of a report: a saved study, packed into the file, and read back from it."""

from __future__ import annotations

import io
import re
import zipfile
from base64 import b64decode, b64encode
from pathlib import Path
from tempfile import TemporaryDirectory

from batchlab.errors import InputError
from batchlab.study import Study, load_study

MARK = "batchlab report"
_EMBEDDED = re.compile(rb'<script type="application/zip" id="batchlab-data">([A-Za-z0-9+/=\s]*)</script>')
DATA_FOLDER = "study"


def packed(study: Study) -> bytes:
    """Return a study as a ZIP archive of the folder that `batchlab.Study.save` writes; without contents."""
    file = io.BytesIO()
    with TemporaryDirectory() as place, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = study.save(Path(place) / DATA_FOLDER)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(
                    zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes(), compresslevel=9
                )
    return file.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Write the files of a packed study into a folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)


def as_element(data: bytes) -> str:
    """Return packed data as an element of HTML that shows nothing."""
    return f'<script type="application/zip" id="batchlab-data">{b64encode(data).decode()}</script>'


def data_folder_of(file: Path) -> Path:
    """Return the folder beside a report in Markdown, in which its pictures and data are."""
    return file.with_name(f"{file.stem}_files")


def read_report(path: str | Path) -> Study:
    """Return the study that a report tells of, with all its frames; files' contents are not in reports.

    Parameters
    ----------
    path
        A report that `batchlab.report` or ``batchlab report`` wrote: HTML, or Markdown with its folder beside it.

    Raises
    ------
    InputError
        There is no such file, or it is no report.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.report import report
    >>> hub = SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")
    >>> with TemporaryDirectory() as folder:
    ...     made = report(hub, out=f"{folder}/report.html", strategies=["parallel"])
    ...     read_report(made.path).verdict == made.study.verdict
    True
    """
    file = Path(path).expanduser()
    try:
        content = file.read_bytes()
    except OSError:
        raise InputError(f"there is no report {path}; `batchlab report --out {path}` writes one") from None
    if MARK.encode() in content[:2000] and data_folder_of(file).is_dir():
        return load_study(data_folder_of(file) / DATA_FOLDER)
    found = _EMBEDDED.search(content)
    if found is None:
        raise InputError(f"{path} is no batchlab report: no data is embedded in it")
    with TemporaryDirectory() as folder:
        try:
            unpack(b64decode(found[1], validate=True), Path(folder))
        except (ValueError, zipfile.BadZipFile) as error:
            raise InputError(f"the data in {path} is damaged: {error}; make the report again") from None
        return load_study(folder)
