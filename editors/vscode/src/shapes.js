"use strict";
// The table of shapes: what it holds and which row the cursor is at. Nothing here knows of VS Code, so that it can be tested alone.

/**
 * @typedef {{name: string, kind: string, line: number, output_shape: (number | null)[], parameters: number, macs: number | null}} Row
 * @typedef {{version: number, variant: string | null, provisional: string[], name: string, nodes: Row[],
 *            totals: {parameters: number, macs: number | null}}} Shapes
 */

const UNITS = ["", "k", "M", "G", "T"];

/** A count as people read it: 25.6M. */
function short(count) {
  if (count === null || count === undefined) return "?";
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? String(count) : `${Number(value.toPrecision(3))}${UNITS[unit]}`;
}

/** A shape as it stands beside the lines: 28×28×1. */
function shape(sizes) {
  return sizes.map((size) => (size === null ? "?" : String(size))).join("×") || "scalar";
}

/** The rows of the nodes at a line, counted from 1: those of the last line at or above it that has any. */
function rowsAt(nodes, line) {
  let nearest = 0;
  for (const node of nodes) if (node.line <= line && node.line > nearest) nearest = node.line;
  return nodes.flatMap((node, index) => (nearest > 0 && node.line === nearest ? [index] : []));
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

/**
 * The table's body.
 * @param {Shapes | null} shapes
 */
function body(shapes) {
  if (shapes === null) return `<p class="none">There are no shapes: the text cannot be read as a network.</p>`;
  const unsure = new Set(shapes.provisional);
  const about = unsure.size ? "≈ " : "";
  const rows = shapes.nodes.map(
    (node, index) =>
      `<tr data-row="${index}" data-line="${node.line}"><td title="${escaped(node.name)}">${escaped(node.name)}</td><td>${escaped(node.kind)}</td>` +
      `<td class="shape">${unsure.has(node.name) ? "≈ " : ""}${escaped(shape(node.output_shape))}</td>` +
      `<td class="count" title="${node.parameters}">${short(node.parameters)}</td>` +
      `<td class="count" title="${node.macs ?? ""}">${short(node.macs)}</td></tr>`,
  );
  const title = shapes.variant ? `${shapes.name} (${shapes.variant})` : shapes.name;
  return (
    `<h1>${escaped(title)}</h1>` +
    (about && `<p class="unsure">What has a ≈ may be wrong: it hangs on something that is wrong or half-written.</p>`) +
    `<table><thead><tr><th>Layer</th><th>Kind</th><th>Shape</th><th>Parameters</th><th>MACs</th></tr></thead>` +
    `<tbody>${rows.join("")}</tbody>` +
    `<tfoot><tr><td colspan="3">Total</td><td class="count" title="${shapes.totals.parameters}">${about}${short(shapes.totals.parameters)}</td>` +
    `<td class="count" title="${shapes.totals.macs ?? ""}">${about}${short(shapes.totals.macs)}</td></tr></tfoot></table>`
  );
}

/** The page of the panel; it may load its own two files and nothing else. */
function page({ source, style, script, nonce }) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}';">
<link rel="stylesheet" href="${style}">
<title>Shapes</title>
</head>
<body><main id="shapes"></main><script nonce="${nonce}" src="${script}"></script></body>
</html>`;
}

module.exports = { body, page, rowsAt, shape, short };
