// The moving figures of a node's page: a window over its input, and the product of matrices that it is.
// Each is a list of steps and a function that shows one of them; `Player` is what moves through the steps.

const SVG = "http://www.w3.org/2000/svg";
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function drawn(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

class Player {
  /** Moves through `count` steps; `show` draws one and returns what is said of it. */
  constructor(figure, count, pace, show) {
    Object.assign(this, { figure, count, pace, show, at: 0, timer: 0 });
    this.readout = made("p", { class: "readout" });
    this.said = made("p", { class: "visually-hidden", "aria-live": "polite" });
    const button = (label, key, act) => {
      const element = made("button", { type: "button", "aria-label": label, title: `${label} (${key})` });
      element.addEventListener("click", act);
      return element;
    };
    this.first = button("First position", "Home", () => this.go(0));
    this.back = button("Step back", "←", () => this.go(this.at - 1));
    this.play = button("Play", "Space", () => this.toggle());
    this.play.className = "play";
    this.next = button("Step forward", "→", () => this.go(this.at + 1));
    this.last = button("Last position", "End", () => this.go(this.count - 1));
    for (const [element, sign] of [[this.first, "|←"], [this.back, "←"], [this.next, "→"], [this.last, "→|"]]) {
      element.textContent = sign;
    }
    this.slider = made("input", { type: "range", min: 0, max: count - 1, value: 0, "aria-label": "Position" });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    const controls = made("div", { class: "controls", role: "group", "aria-label": "Steps" });
    controls.append(this.first, this.back, this.play, this.next, this.last, this.slider);
    figure.append(this.readout, controls, this.said);
    figure.append(made("p", { class: "hint" }, "Keys: Space plays and pauses, ← and → step, Home and End jump."));
    figure.tabIndex = 0;
    figure.addEventListener("keydown", (event) => this.key(event));
    this.update();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.slider) return;
    const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.count - 1 }[event.key];
    if (to !== undefined) this.go(to);
    else if (event.key === " " && event.target.tagName !== "BUTTON") this.toggle();
    else return;
    event.preventDefault();
  }

  /** Show a step, as a reader asked: playing ends, and the step is said. */
  go(to) {
    this.pause();
    this.move(to);
    this.said.textContent = this.readout.textContent;
  }

  move(to) {
    this.at = Math.max(0, Math.min(this.count - 1, to));
    this.update();
  }

  update() {
    this.readout.textContent = this.show(this.at);
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", this.readout.textContent);
    this.first.disabled = this.back.disabled = this.at === 0;
    this.next.disabled = this.last.disabled = this.at === this.count - 1;
    const playing = this.timer !== 0;
    this.play.textContent = playing ? "Pause" : "Play";
    this.play.setAttribute("aria-label", this.play.textContent);
    this.figure.dataset.at = this.at;
    this.figure.dataset.playing = playing;
  }

  toggle() {
    if (this.timer) return this.pause();
    if (this.at === this.count - 1) this.move(0);
    // What moves by itself moves slowly for those who asked for less of it.
    this.timer = setInterval(() => this.tick(), reduced.matches ? Math.max(this.pace, 1500) : this.pace);
    this.update();
  }

  tick() {
    if (this.at >= this.count - 1) this.pause();
    else this.move(this.at + 1);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.update();
  }
}

// --- the window ------------------------------------------------------------------------------------------------------

const taken = (axis, position) =>
  Array.from({ length: axis.taps }, (_, tap) => position * axis.stride - axis.before + tap * axis.dilation);

const reach = (axis) => axis.dilation * (axis.taps - 1) + 1;

function indices(sizes, step) {
  const found = [];
  for (const size of [...sizes].reverse()) {
    found.unshift(step % size);
    step = Math.floor(step / size);
  }
  return found;
}

/** Lines between cells, where they are few enough to be seen. */
function lines(x, y, width, height) {
  if (Math.max(width, height) > 72) return [];
  let path = "";
  for (let i = 1; i < width; i++) path += `M${x + i} ${y}v${height}`;
  for (let i = 1; i < height; i++) path += `M${x} ${y + i}h${width}`;
  return [drawn("path", { d: path, class: "lines" })];
}

function panel(caption, label, kind, box, parts) {
  // Few cells stay small: a picture of three of them as wide as the page would be no clearer.
  const svg = drawn("svg", { viewBox: box.join(" "), role: "img", "aria-label": label }, ...parts);
  svg.style.maxWidth = `${Math.min(640, Math.max(box[2] * 34, 48))}px`;
  return made("div", { class: `panel ${kind}` }, made("p", { class: "caption" }, caption), svg);
}

/** The input along one or two dimensions, and the window over it. */
function inputPanel(axes) {
  const [rows, columns] = axes.length === 1 ? [null, axes[0]] : axes;
  const tall = rows ?? { width: 1, before: 0, end: 0, taps: 1, dilation: 1, stride: 1 };
  const [x, y, width, height] = [-columns.before, -tall.before, columns.end + columns.before + 1, tall.end + tall.before + 1];
  const taps = [];
  for (let i = 0; i < Math.min(tall.taps, 64); i++) {
    for (let j = 0; j < Math.min(columns.taps, 64); j++) {
      taps.push(drawn("rect", { x: j * columns.dilation, y: i * tall.dilation, width: 1, height: 1, class: "tap" }));
    }
  }
  const frame = drawn("rect", { x: 0, y: 0, width: reach(columns), height: reach(tall), class: "window" });
  const slider = drawn("g", { class: "slider" }, ...taps, frame);
  const sizes = axes.map((axis) => `${axis.width} ${axis.word}`);
  const padded = axes.some((axis) => axis.before || axis.end >= axis.width);
  const parts = [];
  if (padded) parts.push(drawn("rect", { x, y, width, height, class: "padding" }));
  parts.push(drawn("rect", { x: 0, y: 0, width: columns.width, height: tall.width, class: "input" }));
  parts.push(...lines(x, y, width, height), slider);
  const caption = `Input: ${listed(sizes)}${padded ? ", with padding around them" : ""}`;
  const element = panel(caption, caption, rows ? "wide" : "line", [x, y, width, height], parts);
  return [element, (at) => {
    const [row, column] = rows ? at : [0, at[0]];
    const top = rows ? row * tall.stride - tall.before : 0;
    slider.style.transform = `translate(${column * columns.stride - columns.before}px, ${top}px)`;
  }];
}

/** The output along one or two dimensions: what is made, and what is made now. */
function outputPanel(axes) {
  const [height, width] = axes.length === 1 ? [1, axes[0].positions] : axes.map((axis) => axis.positions);
  const done = drawn("path", { class: "done" });
  const now = drawn("rect", { width: 1, height: 1, class: "now" });
  const parts = [drawn("rect", { x: 0, y: 0, width, height, class: "output" }), done, ...lines(0, 0, width, height), now];
  const caption = `Output: ${listed(axes.map((axis) => `${axis.positions} ${axis.word}`))}`;
  const element = panel(caption, caption, axes.length === 1 ? "line" : "narrow", [0, 0, width, height], parts);
  return [element, (at) => {
    const [row, column] = axes.length === 1 ? [0, at[0]] : at;
    now.setAttribute("x", column);
    now.setAttribute("y", row);
    done.setAttribute("d", `M0 0h${width}v${row}h${column - width}v1h${-column}z`);
  }];
}

function places(axis, position) {
  const found = taken(axis, position);
  if (found.length === 1) return `${found[0]}`;
  if (axis.dilation === 1) return `${found[0]} to ${found.at(-1)}`;
  return found.length <= 5 ? listed(found.map(String)) : `${found.slice(0, 3).join(", ")}, … and ${found.at(-1)}`;
}

/** A plane is drawn as a picture, what is beyond it as a line: three dimensions are planes, and rows and columns. */
function windowFigure(figure, data) {
  const axes = data.axes;
  const parts = axes.length > 2 ? [...axes.slice(0, -2).map((axis) => [axis]), axes.slice(-2)] : [axes];
  const stage = made("div", { class: "stage moving" });
  const shows = [];
  let from = 0;
  for (const part of parts) {
    const range = [from, (from += part.length)];
    for (const make of [inputPanel, outputPanel]) {
      const [element, show] = make(part);
      stage.append(element);
      shows.push((at) => show(at.slice(...range)));
    }
  }
  figure.append(stage);
  const sizes = axes.map((axis) => axis.positions);
  const count = sizes.reduce((a, b) => a * b, 1);
  const unit = data.how === "sum" ? "filters" : "channels";
  new Player(figure, count, Math.max(60, Math.min(600, 20000 / count)), (step) => {
    const at = indices(sizes, step);
    for (const show of shows) show(at);
    const seen = axes.map((axis, i) => `${axis.word} ${places(axis, at[i])}`);
    const padding = axes.some((axis, i) => taken(axis, at[i]).some((place) => place < 0 || place >= axis.width));
    return `Position ${step + 1} of ${count}: ${seen.join("; ")}${padding ? ", padding among them" : ""} → output at ${at.join(", ")}, ` +
      `${data.made} ${unit}`;
  });
}

// --- the product -----------------------------------------------------------------------------------------------------

function matrix(title, rows, sizes = [rows.length, rows[0].length]) {
  const cells = rows.map((row) => row.map((value) => made("td", {}, value)));
  const body = made("tbody", {}, ...cells.map((row) => made("tr", {}, ...row)));
  const table = made("table", { "aria-label": `${title}, ${sizes.join(" x ")}` }, body);
  const box = made("div", { class: "matrix", tabindex: 0, role: "region", "aria-label": title }, table);
  const caption = made("p", { class: "caption" }, `${title} ${sizes.join(" × ")}`);
  return [made("div", { class: "panel" }, caption, box), cells, box];
}

function inSight(box, cell) {
  const [outer, inner] = [box.getBoundingClientRect(), cell.getBoundingClientRect()];
  if (inner.left < outer.left) box.scrollLeft -= outer.left - inner.left;
  if (inner.right > outer.right) box.scrollLeft += inner.right - outer.right;
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top;
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

const POOLED = { max: "maximum", avg: "mean", l2: "root mean square" };

function sumOf(how, window, weights) {
  const kept = window.filter((value) => value !== "-");
  if (how !== "sum") return `${POOLED[how]} of ${kept.join(", ")}`;
  const terms = window.map((value, i) => [value, weights[i]]).filter(([value, weight]) => value !== "0" && weight !== "0");
  const shown = terms.length > 12 ? [...terms.slice(0, 10), null, terms.at(-1)] : terms;
  return shown.map((term) => (term ? `${term[0]}·${term[1].startsWith("-") ? `(${term[1]})` : term[1]}` : "…")).join(" + ") || "0";
}

function productFigure(figure, data) {
  const stage = made("div", { class: "stage" });
  const [inputElement, inputCells] = matrix(data.title[0].toUpperCase() + data.title.slice(1), data.input, data.axes.map((axis) => axis.width));
  stage.append(inputElement);
  figure.append(stage);
  const shown = data.steps.map((step, number) => {
    const line = made("div", { class: "stage" });
    const [windows, windowCells, windowBox] = matrix(number ? "Numbers" : "Windows", step.windows);
    line.append(windows);
    let kernelCells = [];
    if (step.kernel.length) {
      const [kernel, cells] = matrix("Weights", step.kernel);
      kernelCells = cells;
      line.append(made("span", { class: "sign", "aria-label": "times" }, "×"), kernel);
    }
    const [output, outputCells, outputBox] = matrix("Output", step.output);
    line.append(made("span", { class: "sign", "aria-label": "is" }, "="), output);
    figure.append(line);
    return { ...step, windowCells, kernelCells, outputCells, windowBox, outputBox };
  });
  const steps = shown.flatMap((step, part) =>
    step.output.flatMap((row, r) => row.map((_, column) => ({ part, row: r, column }))));
  const sizes = data.axes.map((axis) => axis.positions);
  new Player(figure, steps.length, 1200, (number) => {
    const { part, row, column } = steps[number];
    for (const cell of figure.querySelectorAll("td")) cell.className = "";
    shown.forEach((step, i) => step.outputCells.forEach((cells, r) => cells.forEach((cell, c) => {
      if (i > part || (i === part && (r > row || (r === row && c > column)))) cell.className = "later";
    })));
    const step = shown[part];
    for (const cell of step.windowCells[row]) cell.className = "taken";
    for (const cells of step.kernelCells) cells[column].className = "taken";
    step.outputCells[row][column].className = "made";
    inSight(step.outputBox, step.outputCells[row][column]);
    inSight(step.windowBox, step.windowCells[row][0]);
    if (part === 0) for (const cell of inputTaken(inputCells, data.axes, indices(sizes, row))) cell.className = "taken";
    const sum = sumOf(step.how, step.windows[row], step.kernel.map((weights) => weights[column]));
    return `Row ${row + 1} of ${step.windows.length}, column ${column + 1} of ${step.output[0].length}: ${sum} = ` +
      step.output[row][column];
  });
}

/** The cells of the input that a window takes: planes stand below each other, a row each. */
function inputTaken(cells, axes, at) {
  if (!axes.length) return cells.flat();
  let rows = [0];
  axes.slice(0, -1).forEach((axis, i) => {
    const inside = taken(axis, at[i]).filter((place) => place >= 0 && place < axis.width);
    rows = rows.flatMap((row) => inside.map((place) => row * axis.width + place));
  });
  const columns = taken(axes.at(-1), at.at(-1));
  return rows.flatMap((row) => columns.map((column) => cells[row][column]).filter(Boolean));
}

const FIGURES = { window: windowFigure, product: productFigure };

for (const figure of document.querySelectorAll("figure.drawing")) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  figure.querySelector("pre").remove();
  FIGURES[figure.dataset.script](figure, data);
}
document.documentElement.dataset.ready = "true";
