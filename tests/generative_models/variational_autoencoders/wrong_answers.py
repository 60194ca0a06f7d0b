"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-04-1": {
        "detached": (
            "def kl_to_each(mean_q, log_var_q, mean_p, log_var_p):\n"
            "    mean_q, log_var_q = mean_q.detach()[:, None], log_var_q[:, None]\n"
            "    q = torch.distributions.Normal(mean_q, (log_var_q / 2).exp())\n"
            "    p = torch.distributions.Normal(mean_p, (log_var_p / 2).exp())\n"
            "    return torch.distributions.kl_divergence(q, p).sum(-1)"
        ),
        "log variance as deviation": (
            "def kl_to_each(mean_q, log_var_q, mean_p, log_var_p):\n"
            "    q = torch.distributions.Normal(mean_q[:, None], log_var_q[:, None].abs())\n"
            "    p = torch.distributions.Normal(mean_p, log_var_p.abs())\n"
            "    return torch.distributions.kl_divergence(q, p).sum(-1)"
        ),
    },
    "gm-04-2": {
        "scaled by the deviation": (
            "def score_gradient(f, score):\n    return ((f - f.mean()) / f.std() @ score) / len(f)"
        ),
    },
    "gm-04-3": {
        "exponential of -2000": (
            "def posterior_mean(z, log_likelihood, log_prior, log_q):\n"
            "    w = (log_likelihood + log_prior - log_q).exp()\n"
            "    return (w[..., None] * z).sum(0) / w.sum(0)[..., None]"
        ),
        "weights without logarithms": (
            "def posterior_mean(z, log_likelihood, log_prior, log_q):\n"
            "    w = log_likelihood + log_prior - log_q\n"
            "    return (w[..., None] * z).sum(0) / w.sum(0)[..., None]"
        ),
    },
    "gm-04-4": {
        "a number": "unit = 0.5",
        "the divergence": (
            "def unit(variance, noise, beta):\n"
            "    return max(0.0, 0.5 * math.log(variance / (beta * noise**2)))"
        ),
        "not a number below the threshold": (
            "def unit(variance, noise, beta):\n"
            "    w = float('nan') if variance < beta * noise**2 else (\n"
            "        variance - beta * noise**2) ** 0.5\n"
            "    return w / variance, beta * noise**2 / variance, w"
        ),
    },
}
