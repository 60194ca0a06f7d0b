"""`python -m otbook_utils <command>`: what is done to the book from outside its chapters."""

from __future__ import annotations

import argparse
import importlib
import sys

# Each module has `register(commands)`, which adds its commands and imports nothing heavy.
COMMAND_MODULES = (
    "otbook_utils.publishing.author_commands",
    "otbook_utils.publishing.commands",
    "otbook_utils.experiments.command",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line's) name; return its status."""
    from otbook_utils.publishing.errors import PublishingError

    parser = argparse.ArgumentParser(prog="python -m otbook_utils", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for module in COMMAND_MODULES:
        importlib.import_module(module).register(commands)
    chosen = parser.parse_args(arguments)
    try:
        return chosen.run(chosen)
    except PublishingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("otbook_utils"):
            raise
        print(
            f"error: this command needs {error.name}, which is not installed. In a checkout, run "
            "`make book` or `pip install -r requirements.txt`.",
            file=sys.stderr,
        )
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        if error.filename is None:
            raise
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
