// The page: what is open and chosen, and what a reader does with it. What is open stands in the page's address.

const by = (id) => document.getElementById(id);
const MOST_FOUND = 40;

class View {
  constructor(picture) {
    this.opened = new Set();
    this.chosen = 0;
    this.zoom = 0; // 0: as wide as there is room
    this.take(picture);
    this.readAddress();
    this.listen();
    this.draw();
  }

  /** A picture, the first or one of a spec that has changed; what is open stays open. */
  take(picture) {
    const before = this.picture?.boxes[this.chosen]?.path;
    this.picture = picture;
    this.byPath = new Map(picture.boxes.map((box, index) => [box.path, index]));
    this.chosen = this.byPath.get(before) ?? 0;
    by("totals").textContent = this.totals();
    by("lines").replaceChildren(...picture.text.replace(/\n$/, "").split("\n").map((line) => made("li", {}, line)));
    this.listProblems();
  }

  totals() {
    const { nodes, variant, problems } = this.picture;
    // Of a network that is not whole, sums would be of what was understood.
    const totals = problems.some((problem) => problem.severity === "error") ? null : this.picture.totals;
    const said = variant ? [`variant ${variant}`] : [];
    said.push(`${grouped(nodes)} nodes`);
    if (totals) said.push(`${short(totals.parameters)} parameters`);
    if (totals && totals.macs !== null) said.push(`${short(totals.macs)} MACs`);
    return said.join(" · ");
  }

  listProblems() {
    const { problems } = this.picture;
    const list = made("ul");
    for (const problem of problems) {
      const place = problem.file ? `${problem.file}:${problem.line}` : `line ${problem.line}`;
      const item = made("li", { class: problem.severity === "error" ? "wrong" : "warned" });
      const link = made("button", { type: "button", class: "link" }, place);
      link.addEventListener("click", () => {
        if (problem.box !== undefined) this.choose(problem.box, { reveal: true, focus: true });
        else if (!problem.file) this.line(problem.line);
      });
      item.append(link, ` ${problem.severity} ${problem.code}: ${problem.message}`);
      list.append(item);
    }
    by("problems").hidden = problems.length === 0;
    by("problems").replaceChildren(list);
  }

  // --- the address ---

  readAddress() {
    const said = new URLSearchParams(location.hash.slice(1));
    if (!said.has("open")) this.opened = new Set(this.picture.open);
    else if (said.get("open") === "all") this.opened = new Set(this.all());
    else this.opened = new Set(said.get("open").split(",").filter(Boolean).map(decodeURIComponent));
    this.chosen = this.byPath.get(said.get("at") ?? "") ?? 0;
  }

  writeAddress() {
    const said = [];
    const same = (paths) => paths.length === this.opened.size && paths.every((path) => this.opened.has(path));
    if (same(this.all())) said.push("open=all");
    else if (!same(this.picture.open)) said.push(`open=${[...this.opened].map((path) => encodeURIComponent(encodeURIComponent(path))).join(",")}`);
    if (this.chosen) said.push(`at=${encodeURIComponent(this.picture.boxes[this.chosen].path)}`);
    const hash = said.length ? `#${said.join("&")}` : "";
    if (hash !== location.hash) history.replaceState(null, "", hash || location.href.split("#")[0]);
  }

  all() {
    return this.picture.boxes.filter((box, index) => index && box.children.length).map((box) => box.path);
  }

  // --- drawing ---

  draw() {
    const canvas = by("canvas");
    this.layout = place(this.picture, this.opened);
    this.placed = new Map(this.layout.boxes.map((each) => [each.box, each]));
    if (!this.placed.has(this.chosen)) this.chosen = this.nearestSeen(this.chosen);
    const svg = paint(this.picture, this.layout, this.scale());
    canvas.replaceChildren(svg);
    squeeze(svg);
    this.svg = svg;
    this.mark();
    this.writeAddress();
  }

  scale() {
    const canvas = by("canvas");
    const style = getComputedStyle(canvas);
    const room = canvas.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const fitting = Math.min(1.25, Math.max(0.62, room / (this.layout.width + 12)));
    return this.zoom || fitting;
  }

  element(box) {
    return this.svg.querySelector(`[data-box="${box}"]`);
  }

  /** What is seen in the place of a box that is not: what holds it. */
  nearestSeen(box) {
    while (box > 0 && !this.placed.has(box)) box = this.picture.boxes[box].parent;
    return Math.max(0, box);
  }

  mark(shown = this.chosen) {
    for (const old of this.svg.querySelectorAll(".chosen, .near")) old.classList.remove("chosen", "near");
    const first = this.layout.boxes[0]?.box;
    for (const group of this.svg.querySelectorAll(".box")) {
      const box = Number(group.dataset.box);
      group.tabIndex = box === (this.chosen || first) ? 0 : -1;
      group.classList.toggle("chosen", box === this.chosen);
      group.setAttribute("aria-selected", box === this.chosen);
    }
    for (const way of this.svg.querySelectorAll(`[data-source="${shown}"], [data-target="${shown}"]`)) way.classList.add("near");
    this.tell(shown);
  }

  tell(box) {
    by("card").classList.toggle("network", box === 0);
    by("card").replaceChildren(...cardOf(this.picture, box, this.opened, {
      toggle: (index) => this.toggle(index),
      toggleRounds: (index) => this.toggleRounds(index),
      line: (line) => this.line(line),
    }));
  }

  // --- what a reader does ---

  choose(box, { focus = false, reveal = false } = {}) {
    if (reveal && !this.placed.has(box)) {
      this.reveal(box);
      this.draw();
    }
    this.chosen = this.nearestSeen(box);
    this.mark();
    this.writeAddress();
    const element = this.element(this.chosen);
    if (!element) return;
    if (focus) element.focus({ preventScroll: true });
    if (focus || reveal) this.scrollTo(this.chosen);
  }

  /** Open all that a box is in. */
  reveal(box) {
    for (let inner = box; inner > 0; inner = this.picture.boxes[inner].parent) {
      const parent = this.picture.boxes[this.picture.boxes[inner].parent];
      if (parent.parent >= 0) this.opened.add(parent.path);
      const several = parent.role === "repeat" && this.picture.boxes[inner].children.length > 0;
      if (several && (inner === box || inner !== parent.children[0])) this.opened.add(opensAll(parent.path));
    }
  }

  scrollTo(box) {
    const canvas = by("canvas");
    const element = this.element(box).querySelector(".face");
    const [inner, outer] = [element.getBoundingClientRect(), canvas.getBoundingClientRect()];
    const middle = (near, far, begin, end) => (near < begin || far > end ? (near + Math.min(far, near + (end - begin))) / 2 - (begin + end) / 2 : 0);
    if (canvas.scrollHeight > canvas.clientHeight) canvas.scrollTop += middle(inner.top, inner.bottom, outer.top, outer.bottom);
    else scrollBy(0, middle(inner.top, inner.bottom, 0, innerHeight * 0.58));
    canvas.scrollLeft += middle(inner.left, inner.right, outer.left, outer.right);
  }

  /** Draw anew, what is at `box` staying where it is on the screen. */
  redraw(box, focus) {
    const canvas = by("canvas");
    const where = () => this.element(this.nearestSeen(box))?.querySelector(".face").getBoundingClientRect();
    const before = where();
    const [left, top] = [canvas.scrollLeft, canvas.scrollTop];
    this.draw();
    [canvas.scrollLeft, canvas.scrollTop] = [left, top];
    const after = where();
    if (before && after) {
      canvas.scrollLeft += after.left - before.left;
      const down = after.top - before.top;
      if (canvas.scrollHeight > canvas.clientHeight) canvas.scrollTop += down;
      else scrollBy(0, down);
    }
    if (focus) this.element(this.chosen)?.focus({ preventScroll: true });
  }

  toggle(box, focus = true) {
    const { path, children } = this.picture.boxes[box];
    if (!box || !children.length) return;
    if (!this.opened.delete(path)) this.opened.add(path);
    this.chosen = box;
    this.redraw(box, focus);
    by("said").textContent = `${path}, ${this.opened.has(path) ? "open" : "closed"}`;
  }

  toggleRounds(box) {
    const path = opensAll(this.picture.boxes[box].path);
    if (!this.opened.delete(path)) this.opened.add(path);
    this.redraw(box, true);
  }

  line(line) {
    by("spec").open = true;
    for (const old of by("lines").querySelectorAll(".now")) old.classList.remove("now");
    const item = by("lines").children[line - 1];
    if (!item) return;
    item.classList.add("now");
    item.tabIndex = -1;
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "center" });
  }

  /** From a box to the next in a direction; a frame is where its title is. */
  step(key) {
    const spot = ({ box, x, y, width, height, isOpen }) => ({ box, x: x + width / 2, y: isOpen ? y + 8 : y + height / 2 });
    const spots = this.layout.boxes.map(spot);
    const here = spots.find((each) => each.box === this.chosen);
    if (!here) return this.choose(this.layout.boxes[0].box, { focus: true });
    const [axis, across, sign] = { ArrowDown: ["y", "x", 1], ArrowUp: ["y", "x", -1], ArrowRight: ["x", "y", 1], ArrowLeft: ["x", "y", -1] }[key];
    let best = null;
    for (const each of spots) {
      const along = (each[axis] - here[axis]) * sign;
      const beside = Math.abs(each[across] - here[across]);
      if (along < 4 || (axis === "x" && beside > 2 * along)) continue;
      const far = along + 1.5 * beside;
      if (!best || far < best.far) best = { far, box: each.box };
    }
    if (best) this.choose(best.box, { focus: true });
  }

  resize(factor) {
    this.zoom = factor === 0 ? 0 : Math.min(4, Math.max(0.2, this.scale() * factor));
    this.redraw(this.chosen, false);
  }

  // --- searching ---

  search(text) {
    const wanted = text.trim().toLowerCase();
    const { boxes } = this.picture;
    const found = [];
    for (let index = 1; wanted && index < boxes.length && found.length < MOST_FOUND; index++) {
      const { path, kind } = boxes[index];
      if (path.toLowerCase().includes(wanted) || kind.toLowerCase().includes(wanted)) found.push(index);
    }
    this.found = found;
    const items = found.map((index, at) => {
      const item = made("li", { role: "option", id: `found-${at}`, "aria-selected": at === 0 }, boxes[index].path);
      item.append(made("span", {}, boxes[index].kind));
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.go(index);
      });
      return item;
    });
    if (wanted && !items.length) items.push(made("li", { class: "none" }, "no box has this in its path or kind"));
    by("found").replaceChildren(...items);
    this.showFound(wanted !== "");
  }

  showFound(shown) {
    by("found").hidden = !shown;
    by("search").setAttribute("aria-expanded", shown);
    const current = by("found").querySelector('[aria-selected="true"]');
    if (shown && current) by("search").setAttribute("aria-activedescendant", current.id);
    else by("search").removeAttribute("aria-activedescendant");
  }

  searchKey(event) {
    const items = [...by("found").querySelectorAll('[role="option"]')];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!items.length) return;
      const to = (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      items.forEach((item, index) => item.setAttribute("aria-selected", index === to));
      items[to].scrollIntoView({ block: "nearest" });
      this.showFound(true);
    } else if (event.key === "Enter") {
      if (!by("found").hidden && at >= 0) this.go(this.found[at]);
    } else if (event.key === "Escape") {
      by("search").value = "";
      this.showFound(false);
      this.element(this.chosen)?.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  go(box) {
    this.showFound(false);
    this.choose(box, { reveal: true, focus: true });
  }

  // --- listening ---

  listen() {
    const canvas = by("canvas");
    const boxAt = (event) => {
      const group = event.target.closest?.(".box");
      return group ? Number(group.dataset.box) : null;
    };
    canvas.addEventListener("click", (event) => {
      const box = boxAt(event);
      if (box === null) this.choose(0);
      else if (this.picture.boxes[box].children.length) this.toggle(box);
      else this.choose(box, { focus: true });
    });
    canvas.addEventListener("pointerover", (event) => {
      const box = boxAt(event);
      if (box !== null && event.pointerType === "mouse") this.mark(box);
    });
    canvas.addEventListener("pointerleave", () => this.mark());
    by("search").addEventListener("input", () => this.search(by("search").value));
    by("search").addEventListener("keydown", (event) => this.searchKey(event));
    by("search").addEventListener("blur", () => this.showFound(false));
    by("open-all").addEventListener("click", () => this.openAll());
    by("close-all").addEventListener("click", () => this.closeAll());
    by("smaller").addEventListener("click", () => this.resize(1 / 1.25));
    by("larger").addEventListener("click", () => this.resize(1.25));
    by("fit").addEventListener("click", () => this.resize(0));
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("hashchange", () => {
      this.readAddress();
      this.draw();
    });
    addEventListener("resize", () => this.redraw(this.chosen, false));
  }

  openAll() {
    this.opened = new Set(this.all());
    this.redraw(this.chosen, false);
  }

  closeAll() {
    this.opened = new Set();
    this.redraw(this.chosen, false);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.id === "search") return;
    const inDrawing = event.target === document.body || by("canvas").contains(event.target);
    if (event.key === "/") by("search").focus();
    else if (event.key === "+" || event.key === "=") this.resize(1.25);
    else if (event.key === "-") this.resize(1 / 1.25);
    else if (event.key === "0") this.resize(0);
    else if (!inDrawing) return;
    else if (event.key.startsWith("Arrow")) this.step(event.key);
    else if (event.key === "Enter" || event.key === " ") this.toggle(this.chosen);
    else if (event.key === "Escape") this.choose(Math.max(0, this.outer()), { focus: true });
    else return;
    event.preventDefault();
  }

  /** The frame around what is chosen. */
  outer() {
    return this.placed.get(this.chosen)?.inside ?? 0;
  }

  /** A spec that has changed: what was open and chosen, and the place, are kept. */
  change(picture) {
    // Where there is nothing to draw, as of a text that is not understood at all, what was drawn stays, and problems are told.
    if (picture.boxes.every((box, index) => index === 0 || box.role === "missing")) {
      const boxes = this.picture.boxes.map((box) => ({ ...box, problems: [] }));
      const problems = picture.problems.map(({ box, ...problem }) => problem);
      picture = { ...this.picture, boxes, problems, text: picture.text };
    }
    this.take({ ...picture, open: this.picture.open });
    this.redraw(this.chosen, this.svg.contains(document.activeElement));
  }

  /** What there is to say of each node, which comes after the picture. */
  tellMore(facts) {
    for (const [index, more] of Object.entries(facts)) Object.assign(this.picture.boxes[index] ?? {}, more);
    this.mark();
  }
}

const view = new View(JSON.parse(by("picture").textContent));
if (view.picture.watched) {
  const changes = new EventSource(`changes?after=${view.picture.version}`);
  changes.addEventListener("picture", (event) => view.change(JSON.parse(event.data)));
  changes.addEventListener("facts", (event) => view.tellMore(JSON.parse(event.data)));
}
document.documentElement.dataset.ready = "true";
