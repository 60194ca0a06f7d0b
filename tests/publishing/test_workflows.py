"""What publishes the book: few lines that call make, in files that GitHub will accept."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.chapters.notebook import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TESTS = ROOT / ".github" / "workflows" / "tests.yml"


def targets():
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def audit(*files):
    """Run zizmor, which knows how workflows are attacked; it needs no network."""
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    command = [zizmor, "--offline", "--no-progress", "--format=plain", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True)


def test_no_workflow_can_be_attacked_in_a_known_way():
    result = audit(*WORKFLOWS)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        (r"checkout@\w+ # v[\d.]+", "checkout@v4", "unpinned-uses"),
        ("run: make test", "run: echo ${{ github.head_ref }}", "template-injection"),
        ("runs-on: ubuntu-latest", "", "tests.yml"),  # GitHub would not take it
    ],
)
def test_a_fault_would_be_found(tmp_path, good, bad, complaint):
    broken = tmp_path / "tests.yml"
    broken.write_text(re.sub(good, bad, TESTS.read_text(), count=1))
    assert broken.read_text() != TESTS.read_text()
    result = audit(broken)
    assert result.returncode != 0
    assert complaint in result.stdout + result.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_is_bounded_and_calls_make(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert step.get("uses", "actions/").startswith("actions/")  # GitHub's own
            for target in re.findall(r"^make (\w+)$", step.get("run", ""), re.MULTILINE):
                assert target in targets()


def test_only_what_passed_its_tests_is_published():
    jobs = yaml.safe_load(TESTS.read_text())["jobs"]
    deploying = {
        path.stem: name
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
        if any("deploy-pages" in step.get("uses", "") for step in job["steps"])
    }
    assert deploying == {"tests": "publish"}
    assert jobs["publish"]["needs"] == "tests"
    steps = jobs["tests"]["steps"]
    uploads = [i for i, step in enumerate(steps) if "upload-pages-artifact" in step.get("uses", "")]
    made = [step.get("run") for step in steps[: uploads[0]]]
    assert len(uploads) == 1 and {"make lint", "make test", "make book"} <= set(made)
    assert not any("continue-on-error" in step for step in steps)


def test_there_is_a_workflow_for_each_purpose():
    assert {path.stem for path in WORKFLOWS} == {"tests", "colab"}
    assert {"book", "test", "lint", "colab", "serve", "clean"} <= targets()


def test_ci_script_is_valid_bash_and_may_be_run():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
