// Where boxes and edges stand, given what is open: `netspec/drawing/sight.py` and `placing.py` once more, for a page in which
// boxes open and close. All numbers are whole, and a test compares what both come to for every network of the zoo.

const half = (number) => Math.floor(number / 2);
const ascending = (numbers) => [...numbers].sort((a, b) => a - b);
const pushed = (map, key, value) => (map.has(key) ? map.get(key).push(value) : map.set(key, [value]));

/** What is among the open ones where a repeat shows each of its rounds. */
const opensAll = (path) => `${path}*`;

/** Which boxes are seen, and which of them read which. */
class Sight {
  constructor(drawn, opened) {
    this.boxes = drawn.boxes;
    this.opened = opened;
    this.distances = drawn.distances;
    this.order = [];
    this.stands = new Array(this.boxes[0].nodes[1]).fill(0);
    this.rounds = new Map();
    this.see(0);
    this.readers = this.order.map(() => new Set());
    this.reads = this.order.map(() => new Set());
    for (const [source, target] of drawn.edges) {
      const [here, there] = [this.stands[source], this.stands[target]];
      if (here !== there && !this.isBetweenRounds(source, target)) {
        this.readers[here].add(there);
        this.reads[there].add(here);
      }
    }
  }

  isBetweenRounds(source, target) {
    const others = new Map(this.rounds.get(target) ?? []);
    return (this.rounds.get(source) ?? []).some(([repeat, number]) => others.has(repeat) && others.get(repeat) !== number);
  }

  isOpen(box) {
    const found = this.boxes[box];
    return found.children.length > 0 && (box === 0 || this.opened.has(found.path));
  }

  showsOne(box) {
    const found = this.boxes[box];
    return (
      found.role === "repeat" && this.boxes[found.children[0]].children.length > 0 && !this.opened.has(opensAll(found.path))
    );
  }

  column(box) {
    return this.boxes[this.showsOne(box) ? this.boxes[box].children[0] : box].column;
  }

  see(box) {
    const found = this.boxes[box];
    if (!this.isOpen(box)) {
      this.stands.fill(this.order.length, ...found.nodes);
      this.order.push(box);
      return;
    }
    this.seeColumn(this.column(box));
    if (!this.showsOne(box)) return;
    const [first, after] = this.boxes[found.children[0]].nodes;
    const size = after - first;
    for (let number = 0; number < found.times; number++) {
      const start = first + number * size;
      this.stands.splice(start, size, ...this.stands.slice(first, after));
      for (let node = size - 1; node >= 0; node--) {
        const inner = this.rounds.get((number ? first : start) + node) ?? [];
        this.rounds.set(start + node, [...inner.filter(([repeat]) => repeat !== box), [box, number]]);
      }
    }
  }

  seeColumn(column) {
    for (const item of column) {
      if (typeof item === "number") this.see(item);
      else item.columns.forEach((inner) => this.seeColumn(inner));
    }
  }
}

/** A part of the picture, with an axis: `left` and `right` are how far it reaches from there. */
class Element {
  gather(sight, inner) {
    this.first = inner[0].first;
    this.after = inner.at(-1).after;
    const holds = (place) => this.first <= place && place < this.after;
    const entering = inner.flatMap((part) => part.enters.map(([tensor]) => tensor)).filter((tensor) => !holds(tensor));
    const leaving = inner
      .flatMap((part) => part.leaves.map(([tensor]) => tensor))
      .filter((tensor) => ![...sight.readers[tensor]].every(holds));
    return [new Set(entering), new Set(leaving)];
  }
}

class Closed extends Element {
  constructor(sight, place) {
    super();
    [this.first, this.after] = [place, place + 1];
    this.box = sight.order[place];
    const face = (this.face = sight.boxes[this.box]);
    this.left = half(face.width);
    this.right = Math.max(face.width - this.left, face.label ? face.label + 5 : 0);
    this.height = face.height + (face.label ? sight.distances.label : 0);
    this.enters = ascending(sight.reads[place]).map((tensor) => [tensor, 0]);
    this.leaves = sight.readers[place].size ? [[place, 0]] : [];
  }

  put(canvas, x, y, inside) {
    const { width, height } = this.face;
    canvas.boxes.push({ box: this.box, x: x - this.left, y, width, height, isOpen: false, inside });
    canvas.arrivals.set(`${x},${y}`, this.box);
    if (!this.leaves.length) return;
    canvas.starts.push([this.first, [x, y + height], this.box]);
    canvas.way(this.first, [x, y + height], [x, y + this.height]);
  }
}

class Frame extends Element {
  constructor(sight, box, inner) {
    super();
    const face = (this.face = sight.boxes[box]);
    Object.assign(this, { box, inner, first: inner.first, after: inner.after, enters: inner.enters, leaves: inner.leaves });
    this.padding = sight.distances.padding;
    const leftmost = Math.min(0, ...inner.enters.map(([, at]) => at));
    this.left = Math.max(inner.left + this.padding, face.head + this.padding - leftmost);
    this.right = inner.right + this.padding;
    this.height = face.head_height + inner.height + this.padding;
  }

  put(canvas, x, y, inside) {
    const [top, bottom] = [y + this.face.head_height, y + this.height - this.padding];
    const width = this.left + this.right;
    canvas.boxes.push({ box: this.box, x: x - this.left, y, width, height: this.height, isOpen: true, inside });
    for (const [tensor, at] of this.enters) canvas.way(tensor, [x + at, y], [x + at, top]);
    for (const [tensor, at] of this.leaves) canvas.way(tensor, [x + at, bottom], [x + at, y + this.height]);
    this.inner.put(canvas, x, top, this.box);
  }
}

class Beside extends Element {
  constructor(sight, columns, main) {
    super();
    this.columns = columns;
    this.gather(sight, columns);
    const { beside } = sight.distances;
    const axes = [];
    let width = 0;
    for (const column of columns) {
      axes.push(width + column.left);
      width += column.left + column.right + beside;
    }
    width -= beside;
    const axis = main === null ? half(width) : axes[main];
    [this.left, this.right] = [axis, width - axis];
    this.height = Math.max(...columns.map((column) => column.height));
    this.offsets = axes.map((at) => at - axis);
    const moved = (ports, at) => ports.map(([tensor, x]) => [tensor, at + x]);
    this.enters = columns.flatMap((column, i) => moved(column.enters, this.offsets[i]));
    this.leaves = columns.flatMap((column, i) => moved(column.leaves, this.offsets[i]));
  }

  put(canvas, x, y, inside) {
    this.columns.forEach((column, i) => {
      const at = x + this.offsets[i];
      const top = y + (column.enters.length && column.leaves.length ? half(this.height - column.height) : 0);
      for (const [tensor, port] of column.enters) canvas.way(tensor, [at + port, y], [at + port, top]);
      for (const [tensor, port] of column.leaves) {
        canvas.way(tensor, [at + port, top + column.height], [at + port, y + this.height]);
      }
      column.put(canvas, at, top, inside);
    });
  }
}

/** What is joined in the gap between two parts; two that are the same have one key. */
function netOf(above, below) {
  const net = { above: new Set(above), below: new Set(below) };
  net.key = `${ascending(net.above)}|${ascending(net.below)}`;
  return net;
}

class Column extends Element {
  constructor(sight, items) {
    super();
    this.items = items;
    this.distances = sight.distances;
    const { gap: usual, track } = this.distances;
    const count = items.length;
    const [entering, leaving] = this.gather(sight, items);
    this.source = new Map([...entering].map((tensor) => [tensor, -1]));
    items.forEach((item, at) => item.leaves.forEach(([tensor]) => this.source.set(tensor, at)));
    this.targets = new Map(ascending(this.source.keys()).map((tensor) => [tensor, []]));
    items.forEach((item, at) => {
      for (const tensor of new Set(item.enters.map(([each]) => each))) this.targets.get(tensor).push(at);
    });
    for (const tensor of leaving) this.targets.get(tensor).push(count);
    this.left = Math.max(...items.map((item) => item.left));
    this.right = Math.max(...items.map((item) => item.right));
    this.lanes = this.lanesOf();
    this.right = Math.max(this.right, ...[...this.lanes.values()].map((x) => x + half(track)));
    this.enters = this.entries(entering);
    this.leaves = this.exits(leaving);
    this.tracks = [];
    this.gaps = [];
    for (let gap = 0; gap <= count; gap++) {
      const [tracks, most] = tracksOf([...new Map([...this.nets(gap).values()].map((net) => [net.key, net])).values()]);
      this.tracks.push(tracks);
      const least = 0 < gap && gap < count ? usual : 0;
      this.gaps.push(Math.max(least, most ? usual + track * (most - 1) : 0));
    }
    this.height = [...this.gaps, ...items.map((item) => item.height)].reduce((a, b) => a + b, 0);
  }

  lanesOf() {
    const spans = [];
    for (const [tensor, targets] of this.targets) {
      const [from, to] = [this.source.get(tensor), Math.max(...targets)];
      if (targets.length && to > from + 1) spans.push([to - from, from + 1, to, tensor]);
    }
    spans.sort((a, b) => a.map((each, i) => each - b[i]).find((difference) => difference !== 0) ?? 0);
    const lanes = new Map();
    const taken = [];
    for (const [, start, stop, tensor] of spans) {
      let x = Math.max(...this.items.slice(start, stop).map((item) => item.right)) + this.distances.lane;
      for (const [begin, end, other] of taken) if (begin <= stop && start <= end) x = Math.max(x, other + this.distances.lane);
      lanes.set(tensor, x);
      taken.push([start, stop, x]);
    }
    return lanes;
  }

  entries(entering) {
    const ports = new Map();
    for (const [tensor, x] of this.items[0].enters) pushed(ports, tensor, x);
    const found = new Map();
    for (const [tensor, xs] of ports) if (xs.length === 1) found.set(tensor, xs[0]);
    for (const tensor of entering) if (!ports.has(tensor)) found.set(tensor, this.lanes.get(tensor));
    const several = [...ports.keys()].filter((tensor) => !found.has(tensor));
    const taken = new Set(found.values());
    for (const tensor of several) {
      const xs = ascending(ports.get(tensor));
      let x = several.length === 1 ? 0 : xs[half(xs.length)];
      while (taken.has(x)) x += this.distances.track;
      found.set(tensor, x);
      taken.add(x);
    }
    return ascending(entering).map((tensor) => [tensor, found.get(tensor)]);
  }

  exits(leaving) {
    const last = new Map(this.items.at(-1).leaves);
    return ascending(leaving).map((tensor) => [tensor, last.has(tensor) ? last.get(tensor) : this.lanes.get(tensor)]);
  }

  nets(gap) {
    const nets = new Map();
    const above = gap ? this.items[gap - 1].leaves : this.enters;
    const below = gap < this.items.length ? this.items[gap].enters : this.leaves;
    const here = gap - 1;
    const of = (ports, tensor) => ports.filter(([each]) => each === tensor).map(([, x]) => x);
    for (const tensor of new Set([...above, ...below].map(([each]) => each))) {
      const lane = this.lanes.get(tensor);
      const comes = this.source.get(tensor) === here ? of(above, tensor) : [lane];
      const goes = of(below, tensor);
      if (lane !== undefined && this.source.get(tensor) <= here && Math.max(...this.targets.get(tensor)) > gap) {
        goes.push(lane);
      }
      const known = (x) => x !== undefined;
      if (goes.length) nets.set(tensor, netOf(comes.filter(known), goes.filter(known)));
    }
    const joined = new Map();
    for (const net of nets.values()) {
      if (net.below.size === 1) for (const x of net.above) pushed(joined, [...net.below][0], x);
    }
    for (const [tensor, net] of nets) {
      if (net.below.size === 1) nets.set(tensor, netOf(joined.get([...net.below][0]) ?? [], net.below));
    }
    return nets;
  }

  put(canvas, x, y, inside) {
    const tops = [];
    let at = y;
    this.gaps.forEach((height, gap) => {
      tops.push(at);
      at += height;
      if (gap < this.items.length) {
        this.items[gap].put(canvas, x, at, inside);
        at += this.items[gap].height;
      }
    });
    const nets = this.gaps.map((_, gap) => this.nets(gap));
    const bend = (tensor, gap) => tops[gap] + 6 + this.distances.track * (this.tracks[gap].get(nets[gap].get(tensor).key) ?? 0);
    for (const [tensor, targets] of this.targets) {
      const source = this.source.get(tensor);
      const start = source + 1;
      const begins = source >= 0 ? this.items[source].leaves : this.enters;
      const begin = [x + begins.find(([each]) => each === tensor)[1], tops[start]];
      for (const target of targets) {
        const ports = target < this.items.length ? this.items[target].enters : this.leaves;
        for (const [each, port] of ports) {
          if (each !== tensor) continue;
          const end = [x + port, tops[target] + this.gaps[target]];
          if (target === start) {
            const middle = bend(tensor, target);
            canvas.way(tensor, begin, [begin[0], middle], [end[0], middle], end);
            continue;
          }
          const lane = x + this.lanes.get(tensor);
          const [turn, back] = [bend(tensor, start), bend(tensor, target)];
          canvas.way(tensor, begin, [begin[0], turn], [lane, turn], [lane, back], [end[0], back], end);
        }
      }
    }
  }
}

/** The track of each net that does not go straight down, by its key, and how many tracks there are. */
function tracksOf(nets) {
  const ends = new Map(nets.map((net) => [net, new Set([...net.above, ...net.below])]));
  const bent = nets.filter((net) => ends.get(net).size > 1);
  const over = new Map(
    bent.map((net) => [net, bent.filter((other) => other !== net && [...other.above].some((x) => net.below.has(x)))]),
  );
  const placed = new Map();
  const rows = [];
  const waiting = [...bent];
  while (waiting.length) {
    const net = waiting.find((each) => over.get(each).every((other) => placed.has(other.key))) ?? waiting[0];
    waiting.splice(waiting.indexOf(net), 1);
    const [low, high] = [Math.min(...ends.get(net)), Math.max(...ends.get(net))];
    let track = Math.max(0, ...over.get(net).filter((other) => placed.has(other.key)).map((other) => placed.get(other.key) + 1));
    while (track < rows.length && rows[track].some(([start, end]) => low <= end && start <= high)) track += 1;
    while (track >= rows.length) rows.push([]);
    rows[track].push([low, high]);
    placed.set(net.key, track);
  }
  return [placed, rows.length];
}

/** What has been put. */
class Canvas {
  constructor() {
    this.boxes = [];
    this.arrivals = new Map();
    this.starts = [];
    this.ways = new Map();
  }

  way(tensor, ...points) {
    const [begin, end] = [points[0], points.at(-1)];
    if (begin[0] !== end[0] || begin[1] !== end[1]) pushed(this.ways, `${tensor}:${begin}`, points);
  }

  edges() {
    const found = [];
    for (const [tensor, start, box] of this.starts) {
      const waiting = [[start]];
      while (waiting.length) {
        const way = waiting.pop();
        const end = `${way.at(-1)}`;
        if (way.length > 1 && this.arrivals.has(end)) {
          found.push({ source: box, target: this.arrivals.get(end), points: straightened(way) });
          continue;
        }
        const further = this.ways.get(`${tensor}:${end}`) ?? [];
        for (const each of [...further].reverse()) waiting.push([...way, ...each.slice(1)]);
      }
    }
    return found;
  }
}

/** A way without points that it passes straight. */
function straightened(points) {
  const kept = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (last && last[0] === point[0] && last[1] === point[1]) continue;
    while (kept.length > 1 && [0, 1].some((i) => kept.at(-2)[i] === kept.at(-1)[i] && kept.at(-1)[i] === point[i])) kept.pop();
    kept.push(point);
  }
  return kept;
}

/** Where everything that is seen stands; `opened` is a set of paths. */
function place(drawn, opened) {
  const sight = new Sight(drawn, opened);
  if (!sight.boxes[0].children.length) return { width: 0, height: 0, boxes: [], edges: [] };
  let places = 0;
  const column = (given) => new Column(sight, given.map(part));
  const part = (item) => {
    if (typeof item !== "number") return new Beside(sight, item.columns.map(column), item.main);
    if (!sight.isOpen(item)) return new Closed(sight, places++);
    return new Frame(sight, item, column(sight.column(item)));
  };
  const whole = column(sight.column(0));
  const canvas = new Canvas();
  whole.put(canvas, whole.left, 0, -1);
  return { width: whole.left + whole.right, height: whole.height, boxes: canvas.boxes, edges: canvas.edges() };
}
