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

markGuesses();
