"""What is measured of a gradient: its value, its slope, and the memory of the way back."""

import pytest
import torch

from otbook_utils.optimal_transport.sinkhorn_chapter.gradients import measure, power_of_ten


def test_value_and_slope_are_those_of_the_function():
    costs = torch.randn(3, 2, dtype=torch.float64)
    found = measure(lambda c: c.exp().sum(), costs)
    assert found.value == pytest.approx(costs.exp().sum().item())
    torch.testing.assert_close(found.slope, costs.exp())
    assert costs.grad is None


def test_memory_grows_with_what_is_kept():
    def many(times):
        def value(costs):
            for _ in range(times):
                costs = costs.exp() / 10
            return costs.sum()

        return measure(value, torch.zeros(100, 100)).megabytes

    assert many(10) == pytest.approx(10 * many(1), rel=0.2)
    assert many(1) >= 100 * 100 * 4 / 1e6


@pytest.mark.parametrize(
    ("number", "text"), [(3e-13, "3·10⁻¹³"), (-2.1e-3, "−2·10⁻³"), (4.6e5, "5·10⁵"), (1, "1·10⁰")]
)
def test_powers_are_written_in_one_piece(number, text):
    assert power_of_ten(number) == text
