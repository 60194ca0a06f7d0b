"""Where a number came from."""

from importlib import metadata

import lightning_fabric

from otbook_utils.experiments.provenance import version


def test_version_of_a_package_that_came_inside_another_is_its_modules(monkeypatch):
    def not_installed(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_installed)
    assert version("lightning-fabric") == lightning_fabric.__version__
    assert version("otbook-utils") == "unknown"
