"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-01-1": {
        "median life": "def rate(hours, broken):\n    return np.log(2) / np.median(hours)",
        "a mean over both kinds": (
            "def rate(hours, broken):\n"
            "    return 0.5 / hours[broken].mean() + 0.5 / hours[~broken].mean()"
        ),
    },
    "gm-01-2": {
        "the library": (
            "def kl_of_gaussians(m1, s1, m2, s2):\n"
            "    of = torch.distributions.Normal\n"
            "    return torch.distributions.kl_divergence(of(m1, s1), of(m2, s2))"
        ),
        "the library by another name": (
            "from torch.distributions import kl_divergence as ready\n"
            "def kl_of_gaussians(m1, s1, m2, s2):\n"
            "    return ready(Normal(m1, s1), Normal(m2, s2))"
        ),
        "mean over the batch": (
            "def kl_of_gaussians(m1, s1, m2, s2):\n"
            "    return ((s2 / s1).log() + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5).mean()"
        ),
        "detached": (
            "def kl_of_gaussians(m1, s1, m2, s2):\n"
            "    m2, s2 = m2.detach(), s2.detach()\n"
            "    return (s2 / s1).log() + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5"
        ),
    },
    "gm-01-3": {
        "js everywhere": "choices = dict.fromkeys('abcde', 'js')",
        "forward everywhere": "choices = dict.fromkeys('abcde', 'forward')",
        "mode seeking where none may be missed": (
            "choices = {'a': 'forward', 'b': 'reverse', 'c': 'reverse', 'd': 'transport',"
            " 'e': 'js'}"
        ),
        "js where places count": (
            "choices = {'a': 'forward', 'b': 'reverse', 'c': 'forward', 'd': 'js', 'e': 'js'}"
        ),
        "transport without a cost": (
            "choices = {'a': 'forward', 'b': 'reverse', 'c': 'forward', 'd': 'transport',"
            " 'e': 'transport'}"
        ),
        "a list": "choices = ['forward', 'reverse', 'transport', 'js']",
    },
    "gm-01-4": {
        "the whole as the second part": (
            "def chain(p, q):\n"
            "    first = kl_divergence(p.sum(1), q.sum(1))\n"
            "    return first, kl_divergence(p.flatten(), q.flatten())"
        ),
        "marginals of both": (
            "def chain(p, q):\n"
            "    return kl_divergence(p.sum(1), q.sum(1)), kl_divergence(p.sum(0), q.sum(0))"
        ),
    },
}
