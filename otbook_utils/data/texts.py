"""Texts: one that scikit-learn carries, one that is fetched; `load_text(name)` gives either."""

from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import sklearn

from otbook_utils.data.dataset import DataError
from otbook_utils.data.fetching import cache_folder, fetch
from otbook_utils.data.own_copies import own_folder
from otbook_utils.data.sources import RemoteFile

# Size and sha256 as TensorFlow Datasets publishes them (url_checksums/tiny_shakespeare.txt); the
# repository's owner keeps the same file at the second address.
TINY_SHAKESPEARE = RemoteFile(
    name="input.txt",
    size=1_115_394,
    checksum="sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    urls=(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        "https://github.com/karpathy/char-rnn/raw/master/data/tinyshakespeare/input.txt",
    ),
)
TEXTS = ("descriptions", "tinyshakespeare")


@dataclass(frozen=True)
class Text:
    """A text with its provenance.

    >>> Text("greeting", "hello", "made up")
    Text(name='greeting', source='made up')
    """

    name: str
    text: str = field(repr=False)
    source: str


def load_text(name: str) -> Text:
    """Return a text: "descriptions" (no network) or "tinyshakespeare" (fetched once, checked).

    descriptions: what scikit-learn's documentation says of its data sets, in the order of their
    names. tinyshakespeare: 1,115,394 characters of Shakespeare's plays, public domain; a file
    `tinyshakespeare.txt` in the folder that `OTBOOK_DATA` names is preferred to the download, and
    taken if it is the published one.

    Raises ValueError for another name, and DataError if the file is missing or altered.

    >>> len(load_text("descriptions").text) > 10_000
    True
    """
    if name not in TEXTS:
        raise ValueError(f"name must be one of {', '.join(TEXTS)}, got {name!r}")
    return _descriptions() if name == "descriptions" else _tiny_shakespeare()


def _descriptions() -> Text:
    folder = files("sklearn.datasets") / "descr"
    parts = sorted((part for part in folder.iterdir() if part.name.endswith(".rst")), key=_name)
    text = "\n\n".join(part.read_text(encoding="utf-8").strip() for part in parts)
    return Text("descriptions", text, f"scikit-learn {sklearn.__version__} sklearn/datasets/descr")


def _name(part) -> str:
    return part.name


def _tiny_shakespeare() -> Text:
    own = (folder := own_folder()) and folder / "tinyshakespeare.txt"
    path = own if own and own.is_file() else _published()
    content = path.read_bytes()
    if f"sha256:{sha256(content).hexdigest()}" != TINY_SHAKESPEARE.checksum:
        raise DataError(
            f"{path} must have {TINY_SHAKESPEARE.checksum} and {TINY_SHAKESPEARE.size:,} bytes, "
            f"got {len(content):,} bytes with another checksum. Put the published file there, or "
            "remove it (or unset OTBOOK_DATA) to fetch it"
        )
    origin = f"{TINY_SHAKESPEARE.urls[0]} {TINY_SHAKESPEARE.checksum}"
    return Text("tinyshakespeare", content.decode("utf-8"), f"tiny Shakespeare: {origin}")


def _published() -> Path:
    try:
        return fetch(TINY_SHAKESPEARE, cache_folder() / "tinyshakespeare")
    except DataError as error:
        raise DataError(
            f"{error}; or put it as tinyshakespeare.txt into a folder and name that folder in "
            "OTBOOK_DATA"
        ) from error
