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

/** The lines of text and the shares in a box, or in the head of its frame. */
function faceOf(picture, box, placed) {
  const parts = [];
  const frame = placed.isOpen;
  const middle = placed.x + placed.width / 2;
  const [x, anchor] = frame ? [placed.x + 8, "start"] : [middle, "middle"];
  let y = placed.y + 7 + 11;
  const title = drawn("text", { x, y, "text-anchor": anchor, class: "title" }, box.title);
  if (box.rest) title.append(drawn("tspan", { class: "rest", dx: 5 }, box.rest));
  const mark = severityOf(picture, box);
  if (mark) title.append(drawn("tspan", { class: `mark ${mark}`, dx: 6 }, mark === "wrong" ? "✕" : "!"));
  parts.push(title);
  y += 6;
  if (box.note && !frame) {
    y += 13;
    parts.push(drawn("text", { x, y: y - 4, "text-anchor": anchor, class: "small" }, box.note));
  }
  const shares = [
    ["macs", box.macs_share, "MACs", box.share_of_macs],
    ["parameters", box.parameters_share, "par.", box.share_of_parameters],
  ].filter(([, text]) => text);
  if (!shares.length) return parts;
  const inner = frame ? box.head : placed.width - 16;
  const each = (inner - 14) / 2;
  shares.forEach(([name, text, unit, share]) => {
    const left = placed.x + 8 + (name === "macs" ? 0 : each + 14);
    parts.push(drawn("text", { x: left, y: y + 7, class: "small" }, `${text} ${unit}`));
    parts.push(drawn("rect", { x: left, y: y + 10, width: each, height: 3, class: "back" }));
    parts.push(drawn("rect", { x: left, y: y + 10, width: Math.max(1, each * share), height: 3, class: `bar-${name}` }));
  });
  return parts;
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
  if (box.children.length && !placed.isOpen) {
    group.append(drawn("rect", { x: x + 3, y: y + 3, width, height, rx: 5, class: "under" }));
  }
  const face = drawn("rect", { x, y, width, height, rx: 5, class: "face" });
  if (!placed.isOpen) face.style.setProperty("--tint", `${Math.round(45 * box.share_of_macs)}%`);
  group.append(face, ...faceOf(picture, box, placed));
  if (box.shape && !placed.isOpen) {
    group.append(drawn("text", { x: x + Math.floor(width / 2) + 5, y: y + height + 11, class: "shape" }, box.shape));
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
