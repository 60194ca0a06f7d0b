// What a page does beyond its HTML. Without this script everything can still be read and guessed.

// ---- memory: in this browser alone, one entry for the whole book ----

const MEMORY = "comparing-distributions";
const root = new URL(document.documentElement.dataset.content_root ?? "./", location).pathname;
const page = location.pathname.slice(root.length);

function recall() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY)) ?? {};
  } catch {
    return {}; // a browser that keeps nothing, or something else under our name
  }
}

function remember(change) {
  const memory = recall();
  change((memory[page] ??= {}));
  try {
    localStorage.setItem(MEMORY, JSON.stringify(memory));
  } catch {
    // nothing is kept, and nothing depends on it
  }
  showMemory();
}

function forget() {
  localStorage.removeItem(MEMORY);
  for (const choice of document.querySelectorAll(".tried")) {
    choice.classList.remove("tried", "first-guess");
    choice.open = false;
  }
  showMemory();
}

// Ticks what was read in the sidebar and on the map, and dots what was begun with a guess.
function showMemory() {
  const memory = recall();
  for (const link of document.querySelectorAll(".bd-links a, a[data-chapter]")) {
    const { pathname } = new URL(link.getAttribute("href"), location);
    const { read, guesses } = memory[pathname.slice(root.length)] ?? {};
    link.querySelector(".memory")?.remove();
    if (link.closest(".book-map")) tickBox(link, Boolean(read));
    else if (read || guesses) tickLine(link, Boolean(read));
  }
  const button = document.querySelector(".forget");
  if (button) button.hidden = Object.keys(memory).length === 0;
}

function tickLine(link, read) {
  const mark = document.createElement("span");
  mark.className = "memory";
  mark.title = mark.ariaLabel = read ? "read" : "begun";
  mark.role = "img";
  mark.textContent = read ? "✓" : "·";
  link.append(mark);
}

function tickBox(link, read) {
  link.classList.toggle("read", read);
  link.dataset.told ??= link.ariaLabel;
  link.ariaLabel = link.dataset.told + (read ? " · read" : "");
  if (!read) return;
  const number = link.querySelector("text");
  const mark = number.cloneNode();
  mark.classList.add("memory");
  mark.setAttribute("x", Number(number.getAttribute("x")) + 17);
  mark.setAttribute("y", Number(number.getAttribute("y")) - 11);
  mark.textContent = "✓";
  link.append(mark);
}

function offerToForget() {
  const button = document.createElement("button");
  button.className = "forget";
  button.type = "button";
  button.textContent = "Forget what I read and guessed";
  button.addEventListener("click", forget);
  document.querySelector(".bd-links")?.append(button);
}

// A page counts as read when its end has been in view.
function noticeReading() {
  const end = document.querySelector(".prev-next-footer");
  if (!end || !page.startsWith("book/")) return;
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    remember((here) => (here.read = true));
  }).observe(end);
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

function reachIfWide(box) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

const watchWidth = new ResizeObserver((entries) => entries.forEach(({ target }) => reachIfWide(target)));

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
const wide = document.querySelectorAll("article :is(pre, div.math, .text_html:has(> table))");
wide.forEach((box) => watchWidth.observe(box));
// A formula in its own font may be wider than before, in a box that keeps its size.
document.fonts.addEventListener("loadingdone", () => wide.forEach(reachIfWide));
document.querySelectorAll(".book-map").forEach(watchMap);
markGuesses();
offerToForget();
showMemory();
noticeReading();
