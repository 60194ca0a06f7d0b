import pytest

from otbook_utils.training import profile


@pytest.mark.parametrize("name, value", [(None, 1), ("quick", 1), ("full", 2)])
def test_the_environment_names_the_profile_and_quick_is_the_default(monkeypatch, name, value):
    monkeypatch.delenv("OTBOOK_PROFILE", raising=False)
    if name is not None:
        monkeypatch.setenv("OTBOOK_PROFILE", name)
    assert profile(quick=1, full=2) == value


@pytest.mark.parametrize("name", ["", "Quick", "fast"])
def test_an_unknown_profile_is_named(monkeypatch, name):
    monkeypatch.setenv("OTBOOK_PROFILE", name)
    with pytest.raises(
        ValueError, match=f"OTBOOK_PROFILE must be one of quick, full, got '{name}'"
    ):
        profile(quick=1, full=2)
