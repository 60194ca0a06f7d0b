"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "bn-04-1": {
        "over the batch": (
            "def binary_parts(p):\n    return (p * (1 - p)).mean(1), p.var(1, unbiased=False)"
        ),
        "the sum alone": (
            "def binary_parts(p):\n    return (p * (1 - p)).mean(0) + p.var(0, unbiased=False)"
        ),
        "one number each": (
            "def binary_parts(p):\n    return (p * (1 - p)).mean(), p.var(unbiased=False)"
        ),
    },
    "bn-04-2": {
        "densities that round to 0": (
            "def mixture_nll(means, log_vars, target):\n"
            "    losses = (log_vars + (target - means) ** 2 / log_vars.exp()) / 2\n"
            "    losses = losses + math.log(2 * math.pi) / 2\n"
            "    return -(-losses).exp().mean(0).log()"
        ),
        "densities held up by a little": (
            "def mixture_nll(means, log_vars, target):\n"
            "    losses = (log_vars + (target - means) ** 2 / log_vars.exp()) / 2\n"
            "    losses = losses + math.log(2 * math.pi) / 2\n"
            "    return -((-losses).exp().mean(0) + 1e-12).log()"
        ),
        "detached": (
            "def mixture_nll(means, log_vars, target):\n"
            "    losses = (log_vars + (target - means) ** 2 / log_vars.exp()) / 2\n"
            "    losses = losses.detach() + math.log(2 * math.pi) / 2\n"
            "    return math.log(len(means)) - (-losses).logsumexp(0)"
        ),
        "over the batch": (
            "def mixture_nll(means, log_vars, target):\n"
            "    losses = (log_vars + (target - means) ** 2 / log_vars.exp()) / 2\n"
            "    losses = losses + math.log(2 * math.pi) / 2\n"
            "    return math.log(len(means)) - (-losses).logsumexp(1)"
        ),
    },
    "bn-04-3": {
        "noise alone": (
            "def data_needed(prior_variance, noise_variance, share):\n"
            "    return math.ceil(noise_variance / share)"
        ),
        "strictly below, by trying": (
            "def data_needed(prior_variance, noise_variance, share):\n"
            "    n = 0\n"
            "    while True:\n"
            "        doubt = 1 / (1 / prior_variance + n / noise_variance)\n"
            "        if doubt / (doubt + noise_variance) < share:\n"
            "            return n\n"
            "        n += 1"
        ),
        "a share of deviations": (
            "def data_needed(prior_variance, noise_variance, share):\n"
            "    share = share**2\n"
            "    return max(0, math.ceil((1 - share) / share - noise_variance / prior_variance))"
        ),
    },
}
