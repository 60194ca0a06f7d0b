"""What is looked at on a page while it is open in a browser. Each function names the faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

_CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
_PHONE = {"width": 390, "height": 844}
_GRAVE = ("serious", "critical")
_UNDRAWN = """
() => {
  const formulas = [...document.querySelectorAll("article .math")];
  const bare = formulas.filter((formula) => !formula.querySelector(".katex"));
  const wrong = [...document.querySelectorAll("article .katex-error")];
  const faults = [...bare, ...wrong].map((formula) => formula.textContent);
  const loaded = [...document.fonts].filter((font) => font.status === "loaded");
  if (formulas.length && !loaded.some((font) => font.family.includes("KaTeX"))) {
    faults.push("the fonts of formulas are not loaded");
  }
  return faults;
}
"""
_OUT_OF_REACH = """
() => [...document.querySelectorAll("article pre")]
  .filter((code) => code.scrollWidth > code.clientWidth + 13 && code.tabIndex < 0)
  .map((code) => code.textContent.slice(0, 80))
"""
# Sets each slider to both ends, and chooses the first and the last of each choice.
_ENDS = """
async () => {
  const faults = [];
  const rest = () => new Promise((go) => setTimeout(go, 20));
  // Pictures and frames are loaded when the reader comes near.
  const here = async (player) => {
    player.scrollIntoView();
    player.querySelector("img").loading = "eager";
    const file = player.dataset.frames;
    const loaded = () => !file || window.otbookFrames?.[file];
    for (let turn = 0; turn < 500 && !loaded(); turn++) await rest();
    await rest();
    return Boolean(loaded());
  };
  const set = (input, value) => {
    if (input.type === "radio") return input.click();
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const player of document.querySelectorAll("figure.otbook-player")) {
    const sliders = [...player.querySelectorAll("input[type=range]")];
    const radios = [...player.querySelectorAll("input[type=radio]")];
    const groups = Object.values(Object.groupBy(radios, (radio) => radio.name));
    const picture = player.querySelector("img");
    if (!(await here(player))) faults.push(`${player.id}: no frames`);
    for (const ends of [...sliders.map((s) => [s, s]), ...groups.map((g) => [g[0], g.at(-1)])]) {
      const name = ends[0].labels[0]?.textContent ?? "";
      const told = [];
      for (const [i, input] of ends.entries()) {
        set(input, i ? input.max : input.min);
        await picture.decode().catch(() => faults.push(`${name}: no picture at an end`));
        told.push([input.ariaValueText ?? input.labels[0]?.textContent ?? "", picture.alt]);
      }
      if (![name, ...told.flat()].every((text) => text.trim())) faults.push(`${name}: no words`);
      if (told[0][0] === told[1][0]) faults.push(`${name}: the same value at both ends`);
      if (told[0][1] === told[1][1]) faults.push(`${name}: the same picture at both ends`);
    }
  }
  return faults;
}
"""


def faults_of(page: Any) -> dict[str, list]:
    """Look a page over, once: in light, in dark, on a phone; return what is wrong, by kind."""
    unfold(page)
    scroll_through(page)
    found = {
        "formulas": undrawn_formulas(page),
        "for a screen reader": grave_violations(page),
        "for a keyboard": out_of_reach(page),
        "hard to read": hard_to_read(page),
        "sliders": unmoved_sliders(page),
    }
    darken(page)
    found["hard to read in the dark"] = hard_to_read(page)
    found["sticks out on a phone"] = sticking_out(page)
    return {kind: faults for kind, faults in found.items() if faults}


def unfold(page: Any) -> None:
    """Open all that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")


def scroll_through(page: Any) -> None:
    """Scroll to the end, so that what is loaded late is loaded."""
    page.mouse.wheel(0, 100_000)
    page.wait_for_load_state("networkidle")


def darken(page: Any) -> None:
    """Press the button for light and dark until the page is dark."""
    switch = page.locator("button.theme-switch-button:visible").first
    for _ in range(2):  # light, as the system has it, dark
        switch.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def undrawn_formulas(page: Any) -> list[str]:
    """Return what stands where formulas ought to be, and whether their fonts are missing."""
    return page.evaluate(_UNDRAWN)


def grave_violations(page: Any, *, colours: bool = False) -> list[tuple]:
    """Return what axe finds serious or critical on a page: rule, element, what to do about it.

    Code and formulas are thousands of spans, on which it would spend a minute; `hard_to_read`
    measures them, and `out_of_reach` looks at what of them scrolls.

    colours: whether axe measures contrast too, outside them.
    """
    # With `preload`, axe would fetch style sheets itself, from wrong addresses.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    options["rules"] = {"color-contrast": {"enabled": colours}}
    found = Axe().run(page, context={"exclude": [["pre"], [".katex"]]}, options=options).response
    assert found["passes"] or found["inapplicable"]  # it has really looked
    return [
        (violation["id"], node["target"], node.get("failureSummary", "")[:200])
        for violation in found["violations"]
        if violation["impact"] in _GRAVE
        for node in violation["nodes"]
    ]


def out_of_reach(page: Any) -> list[str]:
    """Return the code that scrolls sideways by a letter or more, and by no keyboard."""
    return page.evaluate(_OUT_OF_REACH)


def hard_to_read(page: Any) -> list[str]:
    """Return the texts of the article whose contrast with what lies behind them is too low."""
    found = page.evaluate(_CONTRAST)
    return found["faults"] if found["looked_at"] else ["no text was found"]


def unmoved_sliders(page: Any) -> list[str]:
    """Move every slider to both its ends; return what does not answer."""
    return page.evaluate(_ENDS)


def sticking_out(page: Any) -> list[str]:
    """Return by how much the page is wider than a phone; the window is a phone's afterwards."""
    page.set_viewport_size(_PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"{wide} px wide"] if wide > _PHONE["width"] else []
