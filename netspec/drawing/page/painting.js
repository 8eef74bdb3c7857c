// Placed boxes and edges as SVG.

const SVG = "http://www.w3.org/2000/svg";
const ROUND = 4; // of corners

function drawn(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** What a box is called where it is read aloud. */
function spoken(picture, box, isOpen) {
  const state = box.children.length ? (isOpen ? ", open" : ", closed") : "";
  const rounds = box.times > 1 ? `, ${box.times} rounds` : "";
  const out = box.shape ? `, gives ${box.shape}` : "";
  const marks = box.problems.length ? `, ${problemsOf(picture, box).join("; ")}` : "";
  return `${[...new Set([box.path, box.kind || box.role])].filter(Boolean).join(", ")}${rounds}${out}${state}${marks}`;
}

function problemsOf(picture, box) {
  return box.problems.map((number) => picture.problems[number]).map((each) => `${each.severity} ${each.code}: ${each.message}`);
}

function severityOf(picture, box) {
  const found = box.problems.map((number) => picture.problems[number].severity);
  return found.includes("error") ? "wrong" : found.length ? "warned" : "";
}

/** The line of text and the shares in a box, or in the head of its frame. */
function faceOf(picture, box, placed) {
  const { line, small, margin } = picture.distances;
  const shares = [
    [box.macs_share, "MACs", "macs", box.share_of_macs],
    [box.parameters_share, "par.", "parameters", box.share_of_parameters],
  ].filter(([text]) => text);
  const alone = !placed.isOpen && !shares.length; // then it stands in the middle
  const baseline = placed.y + line + 1;
  const wide = placed.isOpen ? box.head - margin : placed.width - 2 * margin;
  const title = drawn("text", {
    x: alone ? placed.x + placed.width / 2 : placed.x + margin, y: baseline,
    "text-anchor": alone ? "middle" : "start", class: "title", "data-room": wide,
  }, box.title);
  if (box.rest) title.append(drawn("tspan", { class: "rest", dx: 5 }, box.rest));
  const mark = severityOf(picture, box);
  if (mark) title.append(drawn("tspan", { class: `mark ${mark}`, dx: 6 }, mark === "wrong" ? "✕" : "!"));
  const each = Math.floor((wide - 8) / 2);
  const bars = shares.flatMap(([text, unit, name, share], at) => {
    const [x, y] = [placed.x + margin + at * (each + 8), baseline + small + 1];
    return [
      drawn("text", { x, y, class: "small", "data-room": each }, `${text} ${unit}`),
      drawn("rect", { x, y: y + 2, width: each, height: 3, class: "back" }),
      drawn("rect", { x, y: y + 2, width: Math.max(1, each * share), height: 3, class: `bar-${name}` }),
    ];
  });
  return [title, ...bars];
}

function boxOf(picture, placed, level) {
  const box = picture.boxes[placed.box];
  const names = ["box", box.role, severityOf(picture, box), placed.isOpen ? "frame" : box.children.length ? "holds" : ""];
  const group = drawn("g", {
    class: names.filter(Boolean).join(" "), role: "treeitem", tabindex: -1, "aria-level": level,
    "aria-label": spoken(picture, box, placed.isOpen), "data-path": box.path, "data-box": placed.box,
  });
  if (box.children.length) group.setAttribute("aria-expanded", placed.isOpen);
  const { x, y, width, height } = placed;
  const rx = placed.isOpen ? 7 : ["input", "merge"].includes(box.role) ? height / 2 : 4;
  if (box.role === "repeat" && !placed.isOpen) { // a pile of them
    group.append(drawn("rect", { x: x + 2, y: y + 2, width, height, rx, class: "under" }));
  }
  const face = drawn("rect", { x, y, width, height, rx, class: "face" });
  // The more of the multiply-accumulates it has, the deeper its colour.
  if (!placed.isOpen) face.style.setProperty("--tint", `${Math.round(42 * Math.sqrt(box.share_of_macs))}%`);
  group.append(face, ...faceOf(picture, box, placed));
  if (box.shape && !placed.isOpen) {
    group.append(drawn("text", { x: x + Math.floor(width / 2) + 5, y: y + height + picture.distances.small + 2, class: "shape", "data-room": box.label }, box.shape));
  }
  return group;
}

/** A way with round corners, and the tip of its arrow. */
function wayOf(points) {
  let path = `M${points[0]}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [before, here, after] = [points[i - 1], points[i], points[i + 1]];
    const far = (from, to) => Math.abs(to[0] - from[0]) + Math.abs(to[1] - from[1]);
    const round = Math.min(ROUND, far(before, here) / 2, far(here, after) / 2);
    const towards = (to) => [0, 1].map((axis) => here[axis] + Math.sign(to[axis] - here[axis]) * round);
    path += `L${towards(before)}Q${here} ${towards(after)}`;
  }
  const [x, y] = points.at(-1);
  return [`${path}L${[x, y - 3]}`, `M${x} ${y}l-3 -6h6z`];
}

/** The drawing of a layout, as large as `zoom` says. */
function paint(picture, layout, zoom) {
  const margin = 6;
  const [width, height] = [layout.width + 2 * margin, layout.height + 2 * margin];
  const svg = drawn("svg", {
    viewBox: `${-margin} ${-margin} ${width} ${height}`, width: Math.ceil(width * zoom), height: Math.ceil(height * zoom),
    role: "tree", "aria-label": `${picture.name}, as a tree of boxes`,
  });
  const levels = new Map([[-1, 0]]);
  const [boxes, ways] = [[], []];
  for (const placed of layout.boxes) {
    levels.set(placed.box, levels.get(placed.inside) + 1);
    boxes.push(boxOf(picture, placed, levels.get(placed.box)));
  }
  const assumed = new Set(picture.assumed.map((number) => picture.edges[number][1]));
  for (const edge of layout.edges) {
    const [line, tip] = wayOf(edge.points);
    const likely = assumed.has(picture.boxes[edge.target].nodes[0]) ? " assumed" : "";
    const ends = { "data-source": edge.source, "data-target": edge.target, "aria-hidden": true };
    ways.push(drawn("path", { d: line, class: `way${likely}`, ...ends }), drawn("path", { d: tip, class: "tip", ...ends }));
  }
  // Frames lie under the edges, which lie under what is closed, as far as they meet.
  const frames = boxes.filter((_, i) => layout.boxes[i].isOpen);
  svg.append(...frames, ...ways, ...boxes.filter((_, i) => !layout.boxes[i].isOpen));
  return svg;
}

/** Squeeze texts that other letters than those that were reckoned with make longer than there is room. */
function squeeze(svg) {
  const texts = [...svg.querySelectorAll("text[data-room]")].map((text) => [text, Number(text.dataset.room)]);
  const long = texts.filter(([text, room]) => text.getComputedTextLength() > room + 1);
  for (const [text, room] of long) {
    text.setAttribute("textLength", room);
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}
