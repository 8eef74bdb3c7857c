"use strict";
const $ = (id) => document.getElementById(id);
let model = null;
let asked = 0; // only the latest answer is shown

function made(tag, text, kind) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function tell(message) {
  $("error").textContent = message;
  $("error").hidden = !message;
}

// The colours in which the server draws masks: those of the PASCAL VOC challenge.
function colour(number) {
  const parts = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++) for (let c = 0; c < 3; c++) parts[c] |= ((number >> (3 * bit + c)) & 1) << (7 - bit);
  return parts;
}

function key(number) {
  const canvas = made("canvas", undefined, "key");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  const image = context.createImageData(1, 1);
  image.data.set([...colour(number), 255]);
  context.putImageData(image, 0, 0);
  return canvas;
}

function bars(pairs, names) {
  const list = made("ul", undefined, "bars");
  for (const [name, value] of pairs) {
    const item = made("li");
    const line = made("div", undefined, "line");
    const label = made("span");
    if (names) label.append(key(names.indexOf(name)));
    label.append(name);
    line.append(label, made("span", value > 0 && value < 0.0005 ? "< 0.1 %" : `${(100 * value).toFixed(1)} %`));
    const track = made("div", undefined, "track");
    track.setAttribute("aria-hidden", "true");
    const fill = made("div", undefined, "fill");
    fill.style.width = `${Math.max(0, Math.min(100, 100 * value))}%`;
    track.append(fill);
    item.append(line, track);
    list.append(item);
  }
  return list;
}

function show(predictions) {
  const found = $("results");
  found.replaceChildren();
  for (const each of predictions) {
    if (predictions.length > 1) found.append(made("h3", each.output));
    if (each.classes) found.append(bars(each.classes.map((one) => [one.class, one.probability])));
    else if (each.labels) found.append(bars(each.labels.map((one) => [one.label, one.probability])));
    else if (each.mask) {
      const image = made("img", undefined, "mask");
      image.src = each.mask;
      image.alt = "the class of each pixel, by colour";
      const names = model.outputs.find((output) => output.name === each.output).names;
      found.append(image, bars(each.shares.filter((one) => one.share).sort((a, b) => b.share - a.share)
        .map((one) => [one.class, one.share]), names));
    } else found.append(made("pre", JSON.stringify(each.values, null, 1).replace(/\n\s*(?=-?[\d.\]])/g, " "), "numbers"));
  }
}

async function ask(body, type) {
  const number = ++asked;
  tell("");
  $("results").setAttribute("aria-busy", "true");
  try {
    const response = await fetch("/predict?top=10&masks=png", { method: "POST", body, headers: { "content-type": type } });
    const answer = await response.json();
    if (number !== asked) return;
    if (response.ok) show(answer.predictions);
    else {
      tell(answer.error);
      $("results").replaceChildren(made("p", "Nothing to show.", "quiet"));
    }
  } catch {
    if (number === asked) tell("The server does not answer.");
  }
  if (number === asked) $("results").setAttribute("aria-busy", "false");
}

function take(file) {
  const preview = $("preview");
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  preview.onload = () => {
    preview.hidden = false;
    preview.classList.toggle("small", preview.naturalWidth < 128);
  };
  preview.onerror = () => { preview.hidden = true; };
  preview.alt = file.name;
  $("hint").textContent = file.name;
  ask(file, file.type || "application/octet-stream");
}

function image() {
  $("image").hidden = false;
  $("file").addEventListener("change", () => { if ($("file").files.length) take($("file").files[0]); });
  $("file").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); $("file").click(); } });
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  document.addEventListener("dragover", () => $("drop").classList.add("over"));
  document.addEventListener("dragleave", () => $("drop").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    $("drop").classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) take(file);
    else tell("Drop a file of a picture.");
  });
  document.addEventListener("paste", (event) => { const [file] = event.clipboardData.files; if (file) take(file); });
}

function row() {
  const form = $("row");
  form.hidden = false;
  for (const column of model.columns) {
    const field = made("div", undefined, "field");
    const input = made("input");
    input.id = `column-${form.children.length}`;
    input.name = column;
    input.autocomplete = "off";
    input.inputMode = "text";
    const label = made("label", column);
    label.htmlFor = input.id;
    field.append(label, input);
    form.append(field);
  }
  form.append(made("button", "Predict"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const empty = [...form.querySelectorAll("input")].find((input) => !input.value.trim());
    if (empty) { tell(`Fill in “${empty.name}”.`); empty.focus(); return; }
    ask(JSON.stringify(Object.fromEntries(new FormData(form))), "application/json");
  });
}

function json() {
  $("json").hidden = false;
  const blank = (shape) => shape.reduceRight((inner, size) => Array(Math.min(size ?? 2, 8)).fill(inner), 0);
  $("text").value = JSON.stringify(Object.fromEntries(model.inputs.map((input) => [input.name, blank(input.shape)])));
  $("json").addEventListener("submit", (event) => { event.preventDefault(); ask($("text").value, "application/json"); });
}

function text() {
  $("json").hidden = false;
  document.querySelector("label[for=text]").textContent = "Text";
  $("json").addEventListener("submit", (event) => { event.preventDefault(); ask(JSON.stringify($("text").value), "application/json"); });
}

async function start() {
  try {
    model = await (await fetch("/model")).json();
  } catch {
    tell("The server does not answer.");
    return;
  }
  document.title = `${model.name} · netspec`;
  $("name").textContent = model.name;
  const sizes = (shape) => shape.map((size) => size ?? "any").join(" × ");
  $("inputs").textContent = model.inputs.map((input) => `${input.name}: ${sizes(input.shape)}`).join(", ");
  ({ image, row, text, json })[model.takes]();
}

start();
