"""Downloading a published file once, and never trusting it unseen."""

import os
import stat
from pathlib import Path

import pooch
from tqdm import tqdm  # a line of text: in a page, a widget would leave random numbers

from otbook_utils.data.dataset import DataError
from otbook_utils.data.sources import RemoteFile

CHUNK = 1 << 16  # bytes; pooch's own 1 kB would spend the time of a large file in Python
TIMEOUT = 30.0  # seconds without an answer before the next mirror is tried


def cache_folder() -> Path:
    """Return the folder that keeps downloads: `OTBOOK_CACHE`, else the system's cache for otbook.

    >>> cache_folder().is_absolute()
    True
    """
    chosen = os.environ.get("OTBOOK_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else Path(pooch.os_cache("otbook"))


def fetch(file: RemoteFile, folder: Path) -> Path:
    """Return the path of `file` in `folder`, downloaded unless a copy with its checksum is there.

    The mirrors are tried in order. pooch downloads beside the final name, compares the checksum and
    only then renames: under that name there is never a partial or an altered file.

    Raises DataError if none gave the published file (it says what each mirror answered), or if
    there is no reading or writing at its place in `folder`.
    """
    path, answers = folder / file.name, []
    _check_place(path)
    for url in file.urls:
        try:
            with _bar(file) as bar:
                downloader = pooch.HTTPDownloader(bar, chunk_size=CHUNK, timeout=TIMEOUT)
                pooch.retrieve(
                    url, file.checksum, fname=file.name, path=folder, downloader=downloader
                )
            return path
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise _no_place(path, error) from error
        # requests' errors are OSErrors; a wrong checksum is pooch's ValueError.
        except (OSError, ValueError) as error:
            answers.append(f"  {url}: {error}")
    tried = "\n".join(answers)
    there = f" {path} is damaged and was not read." if path.is_file() else ""
    raise DataError(
        f"{file.name} could not be fetched into {folder}; expected {file.size:,} bytes with "
        f"{file.checksum}.{there} No mirror gave that file:\n{tried}\n"
        "Nothing partial was kept: load again once the connection works"
    )


def _check_place(path: Path) -> None:
    """Raise DataError if what lies at `path` already is anything but a file that can be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # reading a pipe would never end
            raise _no_place(path, "it is there, and no regular file")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _no_place(path, error) from error


def _no_place(path: Path, reason: OSError | str) -> DataError:
    return DataError(
        f"{path} cannot be kept: {reason}. Mend that, or name another folder in OTBOOK_CACHE"
    )


def _bar(file: RemoteFile) -> tqdm:
    """Return the progress bar of a download, hidden where it would only flash."""
    # The total stands from the start: pooch asks whether the bar is true, and a bar without one
    # refuses to say.
    return tqdm(
        desc=file.name,
        total=file.size,
        unit="B",
        unit_scale=True,
        leave=False,
        # Said here, the switch has to be asked for: what is passed overrules the environment.
        disable=file.size < 1_000_000 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0"),
    )
