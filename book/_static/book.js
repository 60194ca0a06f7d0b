// What a page does beyond its HTML. Without this script everything can still be read and guessed.

// ---- memory: in this browser alone, one entry for the whole book ----

const root = new URL(document.documentElement.dataset.content_root ?? "./", location).pathname;
const pageName = (url) => new URL(url, location).pathname.slice(root.length);
const page = pageName(location);

function recall() {
  try {
    return JSON.parse(localStorage.getItem("comparing-distributions")) ?? {};
  } catch {
    return {}; // a browser that keeps nothing, or something else under our name
  }
}

function remember(change) {
  const memory = recall();
  change((memory[page] ??= {}));
  try {
    localStorage.setItem("comparing-distributions", JSON.stringify(memory));
  } catch {
    // nothing is kept, and nothing depends on it
  }
}

// ---- guesses: the first choice is remembered, whatever was opened keeps its mark ----

function markGuesses() {
  for (const group of document.querySelectorAll(".choices")) {
    const choices = [...group.querySelectorAll(":scope > details.choice")];
    const name = choices[0].getAttribute("name");
    const first = recall()[page]?.guesses?.[name];
    choices[first]?.classList.add("tried", "first-guess");
    choices.forEach((choice, place) => {
      choice.addEventListener("toggle", () => {
        if (!choice.open) return;
        if (!group.querySelector(".first-guess")) {
          choice.classList.add("first-guess");
          remember((here) => ((here.guesses ??= {})[name] = place));
        }
        choice.classList.add("tried");
      });
    });
  }
}

// ---- formulas ----

function drawFormulas() {
  for (const formula of document.querySelectorAll(".math")) {
    const displayMode = formula.tagName === "DIV";
    const source = formula.textContent.trim().slice(2, -2); // without \\( and \\), or \\[ and \\]
    katex.render(source, formula, { displayMode, throwOnError: false, strict: "ignore" });
  }
}

// ---- what is wider than the text scrolls by itself, by keyboard too ----

const watchWidth = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

// ---- the map: the chapter pointed to, and all that has to be read before it ----

function watchMap(map) {
  const [told, links] = [map.querySelector(".map-told"), map.querySelectorAll("a[data-chapter]")];
  const hint = told.textContent;
  const lines = [...map.querySelectorAll("path[data-to]")];
  const mark = (chapter) => {
    for (const line of lines.filter((line) => line.dataset.to === chapter)) {
      line.classList.add("needed");
      const needed = map.querySelector(`a[data-chapter="${line.dataset.from}"]`);
      if (!needed.classList.contains("needed")) {
        needed.classList.add("needed");
        mark(line.dataset.from);
      }
    }
  };
  const clear = () => {
    map.querySelectorAll(".needed").forEach((element) => element.classList.remove("needed"));
    told.textContent = hint;
  };
  for (const link of links) {
    const point = () => {
      clear();
      mark(link.dataset.chapter);
      told.textContent = link.getAttribute("aria-label");
    };
    link.addEventListener("pointerenter", point);
    link.addEventListener("focus", point);
    link.addEventListener("pointerleave", clear);
    link.addEventListener("blur", clear);
  }
}

if (window.katex) drawFormulas();
document.querySelectorAll("article :is(pre, div.math)").forEach((box) => watchWidth.observe(box));
document.querySelectorAll(".book-map").forEach(watchMap);
markGuesses();
