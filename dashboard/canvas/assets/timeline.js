// One axis of time: rows of bars and candles, a brush over all of them, and playback, which moves the brush. What is
// under the brush is shown by the picture on the same page at once; the server is told when it is let go of.
import { SPAN } from './film.js';

const lines = new WeakMap();
let told = 0;

export default function (component) {
  const { data, parentElement } = component;
  let line = lines.get(parentElement);
  if (!line) {
    line = new Timeline(parentElement);
    lines.set(parentElement, line);
  }
  line.tell = (what) => component.setTriggerValue('event', { ...what, turn: (told += 1) });
  line.set(data);
  return () => {
    line.destroy();
    lines.delete(parentElement);
  };
}

const LEFT = 62;
const RIGHT = 12;
const LABELS = 15;
const EDGE = 7; // pixels beside the brush's edge that take hold of it
const PACE = 420; // ms a step at single speed
const REST = 500; // ms after the last step of several until the server is told

class Timeline {
  constructor(parent) {
    this.box = element('div', 'time', { tabindex: '0', role: 'application' });
    this.chart = drawing('svg', { class: 'chart' });
    this.readout = element('p', 'readout');
    this.controls = element('div', 'controls');
    this.state = element('span', 'state', { role: 'status' });
    this.help = element('p', 'keys');
    this.buttons();
    this.box.append(this.chart, this.readout, this.controls);
    parent.append(this.box, this.help);
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.chart.addEventListener('pointerdown', (event) => this.grab(event));
    this.chart.addEventListener('pointermove', (event) => this.point(event));
    this.chart.addEventListener('pointerleave', () => this.read(null));
    this.watch = new ResizeObserver(() => this.data && this.draw());
    this.watch.observe(this.box);
  }

  buttons() {
    this.play = this.button('▶ Play', 'play', () => (this.playing ? this.pause() : this.start()));
    const back = this.button('‹ Step back', 'back', () => this.step(-1));
    const on = this.button('Step on ›', 'on', () => this.step(1));
    this.speed = element('select', 'speed', { 'aria-label': 'Speed' });
    for (const speed of [1, 2, 4, 8]) this.speed.append(element('option', '', { value: String(speed) }, `${speed}×`));
    this.speed.value = '2';
    this.speed.addEventListener('change', () => this.playing && this.pace());
    this.grow = element('input', 'grow', { type: 'checkbox', id: 'grow' });
    const label = element('label', '', { title: 'The span grows from its start: everything that had happened by then' });
    label.append(this.grow, ' keep the start');
    this.clear = this.button('Clear', 'clear', () => this.choose(null));
    this.zoom = this.button('Zoom to the span', 'zoom', () => this.tell({ do: 'zoom', from: this.brush[0], to: this.brush[1] }));
    this.controls.append(back, this.play, on, this.speed, label, this.clear, this.zoom, this.state);
  }

  button(words, name, act) {
    const made = element('button', name, { type: 'button' }, words);
    made.addEventListener('click', act);
    return made;
  }

  destroy() {
    clearInterval(this.timer);
    clearTimeout(this.later);
    this.watch.disconnect();
    this.show(null);
    this.box.remove();
    this.help.remove();
  }

  set(data) {
    const axis = this.data && (this.data.edges[0] !== data.edges[0] || this.data.edges.at(-1) !== data.edges.at(-1));
    this.data = data;
    if (axis) this.stop();
    if (!this.playing && !this.held && !this.later) this.brush = data.brush;
    this.box.setAttribute('aria-label', data.alt);
    for (const part of [this.box, this.help]) part.classList.toggle('dark', Boolean(data.dark));
    this.help.textContent = data.keys;
    this.draw();
    this.box.dataset.drawn = String(data.turn); // tests wait for the axis of a turn
  }

  // Geometry: seconds since 1970 to pixels and back.
  get width() {
    return Math.max(this.box.clientWidth - LEFT - RIGHT, 50);
  }

  x(at) {
    const [first, last] = [this.data.edges[0], this.data.edges.at(-1)];
    return LEFT + ((at - first) / (last - first)) * this.width;
  }

  at(event) {
    const [first, last] = [this.data.edges[0], this.data.edges.at(-1)];
    const x = event.clientX - this.chart.getBoundingClientRect().left - LEFT;
    return Math.min(Math.max(first + (x / this.width) * (last - first), first), last);
  }

  // The edge of a bin at or before (after) a time.
  edge(at, after) {
    const { edges } = this.data;
    const step = edges[1] - edges[0];
    const place = (at - edges[0]) / step;
    return edges[Math.min(Math.max(after ? Math.ceil(place - 1e-9) : Math.floor(place + 1e-9), 0), edges.length - 1)];
  }

  draw() {
    const { rows, ticks, marks } = this.data;
    const lanes = this.lanes(marks);
    let y = 4 + lanes * LABELS;
    const parts = [];
    for (const row of rows) {
      parts.push(...(row.candles ? this.candles(row, y) : this.bars(row, y)));
      y += row.height + 18;
    }
    this.bottom = y - 12;
    for (const [at, here, there] of ticks) {
      const x = this.x(at / 1000);
      parts.push(path(`M${x} ${4 + lanes * LABELS}V${this.bottom}`, { class: 'grid' }));
      if (x < 44 + 6.2 * Math.max(this.data.zone.length, 3)) continue; // the zones' names stand there
      parts.push(words(here, x, this.bottom + 14, 'tick'));
      if (there) parts.push(words(there, x, this.bottom + 28, 'tick there'));
    }
    parts.push(words('UTC', 4, this.bottom + 14, 'tick name'));
    if (this.data.zone) parts.push(words(this.data.zone, 4, this.bottom + 28, 'tick there name'));
    this.under = drawing('rect', { class: 'brush' });
    this.ends = [drawing('rect', { class: 'grip' }), drawing('rect', { class: 'grip' })];
    const height = this.bottom + (this.data.zone ? 36 : 22);
    this.chart.setAttribute('height', String(height));
    this.chart.setAttribute('viewBox', `0 0 ${this.box.clientWidth} ${height}`);
    this.chart.replaceChildren(this.under, ...parts, ...this.marked(marks, lanes), ...this.ends);
    this.top = 4 + lanes * LABELS;
    this.showBrush();
  }

  // Labels of marks that would lie over each other go to lanes of their own.
  lanes(marks) {
    const ends = [];
    for (const mark of marks) {
      const x = this.x(mark.at);
      mark.right = x + 8 + mark.words.length * 6.2 > LEFT + this.width;
      const from = mark.right ? x - 8 - mark.words.length * 6.2 : x;
      mark.lane = ends.findIndex((end) => end < from);
      if (mark.lane < 0) mark.lane = ends.push(0) - 1;
      ends[mark.lane] = mark.right ? x + 8 : x + 12 + mark.words.length * 6.2;
    }
    return ends.length;
  }

  marked(marks) {
    const parts = [];
    const [low, high] = [LEFT, LEFT + this.width];
    for (const mark of marks) {
      const x = this.x(mark.at);
      if (mark.until) {
        const [a, b] = [Math.max(x, low), Math.min(this.x(mark.until), high)];
        if (a < b) parts.push(drawing('rect', { class: 'stretch', x: a, y: 2 + mark.lane * LABELS + 12, width: b - a, height: 3 }));
        if (a < b) parts.push(words(mark.words, Math.max(x, low) + 2, 2 + mark.lane * LABELS + 10, 'mark'));
      } else if (x >= low && x <= high) {
        parts.push(path(`M${x} ${2 + mark.lane * LABELS}V${this.bottom}`, { class: 'moment' }));
        parts.push(words(mark.words, mark.right ? x - 4 : x + 4, 2 + mark.lane * LABELS + 10, mark.right ? 'mark right' : 'mark'));
      }
    }
    return parts;
  }

  bars(row, y) {
    const { edges } = this.data;
    const sums = edges.slice(1).map((_, i) => row.stacks.reduce((sum, stack) => sum + stack.counts[i], 0));
    const most = Math.max(...sums, 1);
    const floor = y + 14 + row.height - 14;
    const high = row.height - 14;
    const stood = edges.slice(1).map(() => 0);
    const parts = [words(row.words, LEFT, y + 10, 'row'), words(most.toLocaleString('en'), LEFT - 6, y + 22, 'scale'), words('0', LEFT - 6, floor, 'scale')];
    parts.push(path(`M${LEFT} ${floor}h${this.width}`, { class: 'floor' }));
    let along = LEFT + 16 + row.words.length * 6.8;
    for (const stack of row.stacks) {
      parts.push(drawing('rect', { x: along, y: y + 2, width: 9, height: 9, fill: stack.fill, class: 'bar' }));
      parts.push(words(stack.words, along + 13, y + 10, 'mark'));
      along += 28 + stack.words.length * 6.2;
      let d = '';
      stack.counts.forEach((n, i) => {
        if (!n) return;
        const [a, b] = [this.x(edges[i]), this.x(edges[i + 1])];
        const tall = Math.max((n / most) * high, 1.5);
        const gap = b - a > 4 ? 0.5 : 0;
        d += `M${a + gap} ${floor - stood[i]}V${floor - stood[i] - tall}H${Math.max(b - gap, a + gap + 1)}V${floor - stood[i]}z`;
        stood[i] += tall;
      });
      parts.push(path(d, { fill: stack.fill, class: 'bar' }));
    }
    return parts;
  }

  candles(row, y) {
    const parts = [words(row.words, LEFT, y + 10, 'row')];
    if (!row.candles.length) return parts;
    const prices = row.height * 0.7 - 14;
    const low = Math.min(...row.candles.map((c) => c[4]));
    const high = Math.max(...row.candles.map((c) => c[3]));
    const most = Math.max(...row.candles.map((c) => c[6]), 1e-300);
    const level = (price) => y + 14 + (1 - (price - low) / (high - low || 1)) * prices;
    const floor = y + row.height;
    let [up, down, sold] = ['', '', ''];
    for (const [at, end, open, top, bottom, close, volume] of row.candles) {
      const [a, b] = [Math.max(this.x(at), LEFT), Math.min(this.x(end), LEFT + this.width)];
      const middle = (a + b) / 2;
      const half = Math.max((b - a) / 2 - 0.7, 0.6);
      const [upper, lower] = [level(Math.max(open, close)), level(Math.min(open, close))];
      const d = `M${middle} ${level(top)}V${upper}M${middle} ${lower}V${level(bottom)}M${middle - half} ${upper}H${middle + half}V${Math.max(lower, upper + 1)}H${middle - half}z`;
      if (close >= open) up += d;
      else down += d;
      sold += `M${middle - half} ${floor}v${-(volume / most) * row.height * 0.25}h${2 * half}V${floor}z`;
    }
    parts.push(words(price(high), LEFT - 6, y + 22, 'scale'), words(price(low), LEFT - 6, y + 14 + prices, 'scale'), words('volume', LEFT - 6, floor, 'scale'));
    parts.push(path(up, { class: 'up' }), path(down, { class: 'down' }), path(sold, { class: 'sold' }));
    return parts;
  }

  showBrush() {
    const { brush } = this;
    const known = Boolean(brush);
    for (const part of [this.under, ...this.ends]) part.style.display = known ? '' : 'none';
    this.clear.disabled = this.zoom.disabled = !known;
    if (known) {
      const [low, high] = [LEFT, LEFT + this.width];
      const clip = (x) => Math.min(Math.max(x, low), high);
      const [a, b] = [clip(this.x(brush[0])), clip(this.x(brush[1]))];
      set(this.under, { x: a, y: this.top, width: Math.max(b - a, 1), height: this.bottom - this.top });
      this.ends.forEach((grip, i) => set(grip, { x: (i ? b : a) - 1.5, y: this.top, width: 3, height: this.bottom - this.top }));
    }
    this.box.dataset.brush = known ? brush.map((at) => new Date(at * 1000).toISOString().replace('.000', '')).join('/') : '';
    this.say();
  }

  // Where the play is, and what the picture shows of it.
  say(seen = this.seen) {
    this.seen = seen;
    const { brush } = this;
    const step = this.data.edges[1] - this.data.edges[0];
    const total = this.data.edges.length - 1;
    const parts = [this.playing ? 'Playing' : this.ended ? 'Stopped at the end' : brush ? 'Paused' : 'No span chosen: everything is shown'];
    if (brush) {
      parts.push(`${said(brush[0])} – ${said(brush[1])} UTC`);
      parts.push(`step ${Math.min(Math.max(Math.round((brush[1] - this.data.edges[0]) / step), 0), total)} of ${total}`);
    }
    if (brush && seen?.of !== undefined) parts.push(`${seen.lines} of ${seen.of} lines`);
    this.state.textContent = parts.join(' · ');
    this.play.textContent = this.playing ? '⏸ Pause' : '▶ Play';
    this.box.dataset.play = this.playing ? 'playing' : 'paused';
  }

  // The picture on the page shows the span, or what the server said where there is none.
  show(span) {
    const asked = { span };
    dispatchEvent(new CustomEvent(SPAN, { detail: asked }));
    this.seen = span ? asked : undefined;
  }

  move(brush) {
    this.brush = brush;
    this.show(brush);
    this.showBrush();
  }

  // The server is told; until it answers the picture stays as it is.
  choose(brush) {
    this.stop();
    this.brush = brush;
    if (!brush) this.show(null);
    this.showBrush();
    this.tell({ do: 'brush', from: brush ? brush[0] : null, to: brush ? brush[1] : null });
  }

  grab(event) {
    if (event.button !== 0 || !this.data) return;
    this.box.focus({ preventScroll: true });
    event.preventDefault();
    this.stop();
    const from = this.at(event);
    const before = this.brush;
    const pull = this.pull(event, from);
    this.held = true;
    let moved = false;
    const begun = event.clientX;
    const move = (e) => {
      moved ||= Math.abs(e.clientX - begun) > 2;
      if (moved) this.move(pull(this.at(e)));
    };
    const up = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', up);
      this.held = false;
      if (moved) this.choose(this.brush);
      else if (before && (from < before[0] || from > before[1])) this.choose(null);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
    addEventListener('pointercancel', up);
  }

  // What a drag that begins here does: draw a new span, pull at an end, or move the whole.
  pull(event, from) {
    const { brush } = this;
    const x = event.clientX - this.chart.getBoundingClientRect().left;
    const span = (a, b) => [this.edge(Math.min(a, b)), this.edge(Math.max(a, b), true)];
    if (brush && Math.abs(x - this.x(brush[0])) <= EDGE) return (to) => span(brush[1], to);
    if (brush && Math.abs(x - this.x(brush[1])) <= EDGE) return (to) => span(brush[0], to);
    if (brush && from > brush[0] && from < brush[1]) return (to) => this.shifted(brush, to - from);
    return (to) => span(from, to);
  }

  // The span moved by some seconds to edges of bins, as far as the axis goes.
  shifted(brush, by) {
    const [first, last] = [this.data.edges[0], this.data.edges.at(-1)];
    const step = this.data.edges[1] - first;
    const length = brush[1] - brush[0];
    const start = Math.min(Math.max(brush[0] + Math.round(by / step) * step, first), Math.max(last - length, first));
    return [start, start + length];
  }

  // One step on, or back; false where the axis ends.
  next(way) {
    const [first, last] = [this.data.edges[0], this.data.edges.at(-1)];
    const step = this.data.edges[1] - first;
    const now = this.brush ?? [first, first];
    if (way > 0 ? now[1] >= last : now[0] <= first && !(this.grow.checked && now[1] - now[0] > step)) return false;
    if (!this.brush) this.move([first, this.edge(first + (last - first) / 20, true)]);
    else if (this.grow.checked) this.move([now[0], Math.min(Math.max(now[1] + way * step, now[0] + step), last)]);
    else this.move(this.shifted(now, way * step));
    return true;
  }

  step(way) {
    this.halt();
    if (!this.next(way)) return;
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.later = null;
      this.choose(this.brush);
    }, REST);
  }

  start() {
    clearTimeout(this.later);
    this.later = null;
    const [first, last] = [this.data.edges[0], this.data.edges.at(-1)];
    if (this.brush && this.brush[1] >= last) this.move(this.grow.checked ? [this.brush[0], this.edge(this.brush[0] + 1e-3, true)] : this.shifted(this.brush, first - last));
    this.playing = true;
    this.ended = false;
    this.pace();
    this.tick();
  }

  pace() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), PACE / Number(this.speed.value));
  }

  tick() {
    if (this.next(1)) return;
    this.halt();
    this.ended = true;
    this.choose(this.brush);
    this.ended = true;
    this.say();
  }

  pause() {
    this.halt();
    this.choose(this.brush);
  }

  halt() {
    clearInterval(this.timer);
    this.playing = this.ended = false;
    this.say();
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.later);
    this.later = null;
    this.playing = this.ended = false;
  }

  key(event) {
    if (event.target !== this.box || event.altKey || event.ctrlKey || event.metaKey) return; // controls have keys of their own
    const { key } = event;
    if (key === ' ') this.playing ? this.pause() : this.start();
    else if (key === 'ArrowRight') this.step(1);
    else if (key === 'ArrowLeft') this.step(-1);
    else if (key === 'Escape' && this.brush) this.choose(null);
    else if (key === 'Home' && this.brush) this.choose(this.shifted(this.brush, this.data.edges[0] - this.brush[0]));
    else if (key === 'Enter' && this.brush) this.tell({ do: 'zoom', from: this.brush[0], to: this.brush[1] });
    else if (key === '+' || key === '-') this.tell({ do: key === '+' ? 'closer' : 'wider' });
    else return;
    event.preventDefault();
  }

  point(event) {
    if (!this.data || this.held) return this.read(null);
    const at = this.at(event);
    const { edges, rows } = this.data;
    const i = Math.min(Math.floor((at - edges[0]) / (edges[1] - edges[0])), edges.length - 2);
    const parts = [`${said(edges[i])} – ${said(edges[i + 1])} UTC`];
    for (const row of rows) {
      if (row.stacks) parts.push(`${row.words}: ${row.stacks.map((s) => `${s.counts[i].toLocaleString('en')} ${s.words}`).join(', ')}`);
      const candle = row.candles?.find((c) => c[0] <= at && at < c[1]);
      if (candle) parts.push(`open ${price(candle[2])}, high ${price(candle[3])}, low ${price(candle[4])}, close ${price(candle[5])}, volume ${Math.round(candle[6]).toLocaleString('en')}`);
    }
    this.read(parts.join(' · '));
    const near = this.brush && [0, 1].some((end) => Math.abs(this.x(this.brush[end]) - (event.clientX - this.chart.getBoundingClientRect().left)) <= EDGE);
    this.chart.style.cursor = near ? 'ew-resize' : this.brush && at > this.brush[0] && at < this.brush[1] ? 'grab' : 'crosshair';
  }

  read(text) {
    this.readout.textContent = text ?? this.data?.hint ?? '';
  }
}

function said(at) {
  const text = new Date(at * 1000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

function price(value) {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)));
}

function element(tag, name, attributes = {}, text = '') {
  const made = document.createElement(tag);
  if (name) made.className = name;
  set(made, attributes);
  made.textContent = text;
  return made;
}

function drawing(tag, attributes) {
  return set(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes);
}

function path(d, attributes) {
  return drawing('path', { d, ...attributes });
}

function words(text, x, y, name) {
  const made = drawing('text', { x, y, class: name });
  made.textContent = text;
  return made;
}

function set(made, attributes) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
