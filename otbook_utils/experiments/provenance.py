"""Where a number came from: the device, the versions and the commit."""

import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
RECORDED_VERSIONS = ("otbook-utils", "torch", "lightning-fabric", "numpy")


def checkout() -> Path | None:
    """Return the root of the checkout that this package is imported from, or None if installed."""
    is_checkout = (PACKAGE_ROOT / "pyproject.toml").is_file() and (PACKAGE_ROOT / "book").is_dir()
    return PACKAGE_ROOT if is_checkout else None


def environment(device: str) -> dict[str, Any]:
    """Return the device, the versions and the commit, as plain values for the record of a run.

    >>> sorted(environment("cpu"))
    ['commit', 'cuda', 'device', 'dirty', 'versions']
    """
    import torch  # not above: reading a result asks for `checkout` alone

    on_cuda = device.startswith("cuda")
    commit, dirty = commit_of_code()
    return {
        "device": torch.cuda.get_device_name(device) if on_cuda else device,
        "cuda": torch.version.cuda if on_cuda else None,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in RECORDED_VERSIONS},
        "commit": commit,
        "dirty": dirty,
    }


def version(name: str) -> str:
    """Return the installed version of a distribution, or "unknown".

    Of one that came inside another (pytorch-lightning brings lightning-fabric), that of its module
    if it is imported.

    >>> version("no-such-distribution")
    'unknown'
    """
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        installed = "unknown"
    # A module tells more than its distribution: torch, which build it is.
    return str(getattr(sys.modules.get(name.replace("-", "_")), "__version__", installed))


def commit_of_code() -> tuple[str, bool | None]:
    """Return the commit of this code and whether tracked files differ from it (None: not known).

    From git in a checkout; else from `OTBOOK_COMMIT`, which whoever copies a checkout without its
    history sets; else from what pip noted when it installed from git; else "unknown"."""
    root = checkout()
    if root is not None:
        commit = _git(root, "rev-parse", "HEAD")
        # Another repository may lie around a copy: its commit is not that of this code.
        if commit and _git(root, "rev-parse", "--show-prefix") == "":
            changes = _git(root, "status", "--porcelain", "--untracked-files=no")
            return commit, None if changes is None else bool(changes)
    if os.environ.get("OTBOOK_COMMIT"):
        return os.environ["OTBOOK_COMMIT"], None
    return _commit_noted_by_pip() or "unknown", None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _commit_noted_by_pip() -> str | None:
    try:
        note = metadata.distribution("otbook-utils").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    return json.loads(note).get("vcs_info", {}).get("commit_id") if note else None
