"""Recorded runs: experiments too long for a chapter, run by a command and read by chapters."""

from otbook_utils.experiments.experiment import Experiment, Outcome, Run
from otbook_utils.experiments.results import RunResult, load_results

__all__ = ["Experiment", "Outcome", "Run", "RunResult", "load_results"]
