// What is said of the box that is chosen, or under the pointer.

const grouped = (number) => number.toLocaleString("en-GB");

function short(number) {
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (number >= size) return `${Number((number / size).toPrecision(3))} ${unit}`;
  }
  return `${number}`;
}

const percent = (share) => (share >= 0.0005 ? `${(100 * share).toFixed(1)} %` : share > 0 ? "< 0.1 %" : "");

/** A figure with its share of the network's, as a number and as a bar. */
function shareRow(name, label, value, share) {
  const text = value === null ? "not known" : grouped(value);
  const bar = made("i", { class: name });
  bar.style.width = `${100 * share}%`;
  const detail = share > 0 ? `${text} (${percent(share)} of the network)` : text;
  const shown = made("dd", {}, detail);
  if (share > 0) shown.append(made("span", { class: "share", "aria-hidden": true }, bar));
  return [made("dt", {}, label), shown];
}

/** How much of the input a node sees, drawn onto it. */
function fieldFigure(picture, box) {
  if (!box.field) return null;
  const input = picture.boxes.find((each) => each.role === "input" && each.nodes[0] === box.input);
  const sizes = input?.sizes?.slice(0, -1) ?? [];
  const field = box.field;
  const words = `${field.map((size) => Number(size.toFixed(2))).join(" × ")} of the input${box.jump ? `, in steps of ${box.jump.map((size) => Number(size.toFixed(3))).join(" × ")}` : ""}`;
  const figure = made("figure", {}, made("figcaption", {}, `Receptive field: ${words}`));
  if (sizes.length !== field.length || sizes.some((size) => size === null)) return figure;
  const [height, width] = sizes.length === 1 ? [sizes[0] / 8, sizes[0]] : sizes.slice(-2);
  const [tall, wide] = field.length === 1 ? [height, field[0]] : field.slice(-2);
  const seen = [Math.min(wide, width), Math.min(tall, height)];
  const all = wide >= width && tall >= height;
  const label = `The field over the input of ${sizes.join(" × ")}${all ? ": all of it" : ""}`;
  figure.append(
    drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      drawn("rect", { width, height, class: "whole" }),
      drawn("rect", { x: (width - seen[0]) / 2, y: (height - seen[1]) / 2, width: seen[0], height: seen[1], class: "seen" })),
  );
  if (all) figure.append(made("figcaption", {}, "It sees all of the input."));
  return figure;
}

/** The whole card; `acts` are what its buttons do. */
function cardOf(picture, index, opened, acts) {
  const box = picture.boxes[index];
  const parts = [made("h2", {}, box.path || picture.name)];
  const count = box.nodes[1] - box.nodes[0];
  const nodes = box.children.length ? `${grouped(count)} nodes` : "";
  const rounds = box.times > 1 ? `${box.times} rounds` : "";
  const role = { network: "the network", stretch: "neighbours", unknown: "a kind that is not known" }[box.role] ?? "";
  parts.push(made("p", { class: "kind" }, [box.kind, role, rounds, nodes].filter(Boolean).join(" · ")));
  if (!index) {
    if (picture.description) parts.push(made("p", {}, picture.description));
    const key = (name, words) => {
      const bar = made("i", { class: name });
      return made("span", { class: "key" }, bar, words);
    };
    parts.push(made("p", { class: "legend" }, key("macs", "share of all MACs"), key("parameters", "share of all parameters")));
  }
  for (const number of box.problems) {
    const { severity, code, message } = picture.problems[number];
    parts.push(made("p", { class: severity === "error" ? "wrong" : "warned" }, `${severity} ${code}: ${message}`));
  }
  const actions = made("div", { class: "actions" });
  const button = (label, act) => {
    const element = made("button", { type: "button" }, label);
    element.addEventListener("click", act);
    actions.append(element);
  };
  if (index && box.children.length) {
    button(opened.has(box.path) ? "Close" : "Open", () => acts.toggle(index));
    if (box.role === "repeat" && opened.has(box.path) && picture.boxes[box.children[0]].children.length) {
      button(opened.has(opensAll(box.path)) ? "Show one round" : `Show all ${box.times} rounds`, () => acts.toggleRounds(index));
    }
  }
  if (box.line && !box.file) {
    if (picture.watched) {
      const link = made("a", { href: `vscode://file/${picture.watched}:${box.line}` }, `line ${box.line} in the editor`);
      actions.append(link);
    }
    button(`line ${box.line} of the spec`, () => acts.line(box.line));
  }
  if (actions.children.length) parts.push(actions);
  if (box.given) parts.push(made("pre", {}, `${box.kind}: {${box.given}}`));
  const list = made("dl");
  for (const [name, text] of box.facts ?? []) {
    if (["weights", "MACs", "receptive field"].includes(name) && text === "none") continue;
    if (name) list.append(made("dt", {}, name));
    list.append(made("dd", {}, text.replaceAll("`", "")));
  }
  if (!box.facts && box.shape) list.append(made("dt", {}, "gives"), made("dd", {}, box.shape));
  list.append(...shareRow("parameters", "parameters", box.parameters, index ? box.share_of_parameters : 0));
  list.append(...shareRow("macs", "multiply–accumulates", box.macs, index ? box.share_of_macs : 0));
  parts.push(list);
  const figure = fieldFigure(picture, box);
  if (figure) parts.push(figure);
  return parts;
}
