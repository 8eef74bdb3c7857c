// Inlay hints at the ends of lines: each node's shape, as the server gives it for the text of the moment.
import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

class Hint extends WidgetType {
  constructor(text, title) {
    super();
    this.text = text;
    this.title = title;
  }
  eq(other) {
    return other.text === this.text && other.title === this.title;
  }
  toDOM() {
    // The outer one keeps the distance to the text: the cursor stands before it.
    const made = document.createElement("span");
    const chip = document.createElement("span");
    made.className = "hint";
    chip.textContent = this.text;
    if (this.title) chip.title = this.title;
    made.append(chip);
    return made;
  }
}

const shown = StateEffect.define();

const field = StateField.define({
  create: () => Decoration.none,
  update(hints, transaction) {
    hints = hints.map(transaction.changes); // until the server has seen the change, they move with their lines
    for (const effect of transaction.effects) if (effect.is(shown)) hints = effect.value;
    return hints;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function label(hint) {
  const parts = typeof hint.label === "string" ? [hint.label] : hint.label.map((part) => part.value);
  return parts.join("");
}

function title(hint) {
  return typeof hint.tooltip === "string" ? hint.tooltip : (hint.tooltip?.value ?? "");
}

export async function refreshHints(view, plugin) {
  if (!plugin.client.serverCapabilities?.inlayHintProvider) return;
  const { doc } = view.state;
  const found = await plugin.client.request("textDocument/inlayHint", {
    textDocument: { uri: plugin.uri },
    range: { start: { line: 0, character: 0 }, end: plugin.toPosition(doc.length) },
  });
  if (view.state.doc !== doc) return; // the next answer is on its way
  const placed = (found ?? [])
    .map((hint) => ({ at: plugin.fromPosition(hint.position), widget: new Hint(label(hint), title(hint)) }))
    .sort((a, b) => a.at - b.at);
  const builder = new RangeSetBuilder();
  for (const { at, widget } of placed) builder.add(at, at, Decoration.widget({ widget, side: 1 }));
  view.dispatch({ effects: shown.of(builder.finish()) });
}

export const hints = field;
