// Returns the texts of the article whose contrast with what lies behind them is too low.
// axe gives up where an element has a pseudo-element beside it, as our callouts have.
() => {
  const channel = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) =>
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const parse = (text) => {
    if (!known.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (top, below) =>
    [0, 1, 2].map((k) => top[k] * top[3] + below[k] * (1 - top[3]));
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255]);
  };
  const faults = new Map();
  const seen = new Set();
  const walker = document.createTreeWalker(
    document.querySelector("article, main"), NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
    (node) => node.parentElement?.classList.contains("katex")
      ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const formula = node.classList?.contains("katex");
    if (!formula && (node.nodeType !== Node.TEXT_NODE || !node.textContent.trim())) continue;
    const element = formula ? node : node.parentElement;
    if (seen.has(element) || !element.checkVisibility() || element.closest("script, style")) {
      continue;
    }
    seen.add(element);
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    const ground = behind(element);
    const ink = over(parse(style.color), ground);
    const [dark, bright] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < (large ? 3 : 4.5)) {
      const where = element.tagName.toLowerCase() + "." + element.className;
      faults.set(where, `${where} ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
    }
  }
  return { looked_at: seen.size, faults: [...faults.values()] };
}
