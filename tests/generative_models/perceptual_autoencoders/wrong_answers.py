"""Mistakes that learners make in the exercises of this chapter, as they would type them.

For each exercise: the name of the mistake, and the source that stands in the place of the stub.
What a checker hands to `expect_function` as a known mistake is tried without standing here.
"""

_CONSTANTS = (
    "def pull(encoder, decoder, x):\n"
    "    constants = {n: p.detach() for n, p in encoder.named_parameters()}\n"
    "    def still(x):\n"
    "        return torch.func.functional_call(encoder, constants, (x,))\n"
)

WRONG_ANSWERS: dict[str, dict[str, str]] = {
    "gm-08-1": {
        "everybody learns": (
            "def pull(encoder, decoder, x):\n"
            "    code = encoder(x)\n"
            "    return (encoder(decoder(code)) - code).square().mean()"
        ),
        "the encoder learns in the second pass": (
            "def pull(encoder, decoder, x):\n"
            "    code = encoder(x).detach()\n"
            "    return (encoder(decoder(code)) - code).square().mean()"
        ),
        "the encoder learns by the code": _CONSTANTS
        + (
            "    code = encoder(x)\n"
            "    return (still(decoder(code)) - code.detach()).square().mean()"
        ),
        "the target moves": _CONSTANTS
        + (
            "    code = encoder(x)\n"
            "    return (still(decoder(code.detach())) - code).square().mean()"
        ),
        "the image is a constant": (
            "def pull(encoder, decoder, x):\n"
            "    code = encoder(x).detach()\n"
            "    return (encoder(decoder(code).detach()) - code).square().mean()"
        ),
        "nobody learns": (
            "def pull(encoder, decoder, x):\n"
            "    with torch.no_grad():\n"
            "        code = encoder(x)\n"
            "        return (encoder(decoder(code)) - code).square().mean()"
        ),
        "a plain number": (
            "def pull(encoder, decoder, x):\n"
            "    code = encoder(x)\n"
            "    return (encoder(decoder(code)) - code).square().mean().item()"
        ),
        "the encoder is frozen for good": (
            "def pull(encoder, decoder, x):\n"
            "    code = encoder(x).detach()\n"
            "    encoder.requires_grad_(False)\n"
            "    return (encoder(decoder(code)) - code).square().mean()"
        ),
        "the error of the images": (
            "def pull(encoder, decoder, x):\n"
            "    return (decoder(encoder(x).detach()) - x).square().mean()"
        ),
        "sum": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    return (still(decoder(code)) - code).square().sum()"
        ),
        "sum over a code": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    return (still(decoder(code)) - code).square().sum(1).mean()"
        ),
        "sum over the samples": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    return (still(decoder(code)) - code).square().mean(1).sum()"
        ),
        "half": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    return (still(decoder(code)) - code).square().mean() / 2"
        ),
        "the root": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    return (still(decoder(code)) - code).square().mean().sqrt()"
        ),
        "one number for each sample": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    return (still(decoder(code)) - code).square().mean(1)"
        ),
        "noise in place of the codes": _CONSTANTS
        + (
            "    z = torch.randn_like(encoder(x))\n"
            "    return (still(decoder(z)) - z).square().mean()"
        ),
        "backward inside": _CONSTANTS
        + (
            "    code = encoder(x).detach()\n"
            "    loss = (still(decoder(code)) - code).square().mean()\n"
            "    loss.backward()\n"
            "    return loss"
        ),
    },
    "gm-08-2": {
        "the data themselves": "def blind_world():\n    return [0, 1, 0, 1], [0, 1, 0, 1, 0]",
        "not rebuilt": "def blind_world():\n    return [2, 3, 4, 3], [0, 1, 0, 1, 0]",
        "a good eye": "def blind_world():\n    return [0, 1, 2, 3], [0, 1, 2, 3, 0]",
        "no fifth image": "def blind_world():\n    return [0, 1, 2, 3], [0, 1, 0, 1]",
        "beyond the world": "def blind_world():\n    return [0, 1, 5, 6], [0, 1, 0, 1, 0]",
        "one list": "def blind_world():\n    return [0, 1, 2, 3]",
    },
    "gm-08-3": {
        "the determinant's sign is taken along": (
            "def latent_nll(A, codes):\n"
            "    z = torch.linalg.solve(A, codes.T).T\n"
            "    nats = 0.5 * z.square().sum(1).mean() + 0.5 * len(A) * math.log(2 * math.pi)\n"
            "    return nats + torch.linalg.det(A).log()"
        ),
        "detached": (
            "def latent_nll(A, codes):\n"
            "    z = torch.linalg.solve(A, codes.T).T.detach()\n"
            "    nats = 0.5 * z.square().sum(1).mean() + 0.5 * len(A) * math.log(2 * math.pi)\n"
            "    return nats + torch.linalg.slogdet(A).logabsdet"
        ),
    },
    "gm-08-4": {
        "powers that overflow": (
            "def log_determinant(log_stretches, d):\n"
            "    return -log_stretches.float().exp().pow(-d).mean(0).log()"
        ),
        "the harmonic mean of the stretches": (
            "def log_determinant(log_stretches, d):\n"
            "    return -d * ((-log_stretches).exp().mean(0)).log()"
        ),
    },
}
