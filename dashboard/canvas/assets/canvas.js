// The picture: draws what the server says, and tells it what the analyst does. It decides nothing about the graph.
// Texts come as data and are only ever drawn on the canvas or set as text.
import './vis/vis-network.min.js';
import { Film } from './film.js';
import { drawn, inked } from './ink.js';
import { Labels } from './labels.js';

const { DataSet, Network } = globalThis.vis;
const pictures = new WeakMap();
let told = 0;

export default function (component) {
  const { data, parentElement } = component;
  let picture = pictures.get(parentElement);
  if (!picture) {
    picture = new Picture(parentElement);
    pictures.set(parentElement, picture);
  }
  picture.tell = (what) => component.setTriggerValue('event', { ...what, turn: (told += 1) });
  picture.show(data);
  return () => {
    picture.destroy();
    pictures.delete(parentElement);
  };
}

const KEYS = {
  e: 'expand', c: 'collapse', h: 'hide', Delete: 'hide', p: 'pin', g: 'combine', s: 'separate', w: 'path',
  z: 'undo', y: 'redo', Z: 'redo',
};

class Picture {
  constructor(parent) {
    this.frame = element('div', 'frame', { tabindex: '0', role: 'application' });
    this.stage = element('div', 'stage');
    this.menu = element('div', 'menu', { role: 'menu', hidden: '' });
    this.lasso = element('canvas', 'lasso');
    this.legend = element('ul', 'legend', { 'aria-label': 'Legend' });
    this.help = element('p', 'keys');
    this.frame.append(this.stage, this.lasso, this.menu);
    parent.append(this.frame, this.legend, this.help);
    this.nodes = new DataSet();
    this.edges = new DataSet();
    this.badges = {};
    this.film = new Film(this, (set, rows) => this.put(set, rows));
    this.labels = new Labels();
    this.frame.addEventListener('keydown', (event) => this.key(event));
    this.stage.addEventListener('pointerdown', (event) => this.draws(event), true);
    this.frame.addEventListener('focusout', (event) => {
      if (!this.frame.contains(event.relatedTarget)) this.closeMenu();
    });
  }

  destroy() {
    this.film.destroy();
    this.network?.destroy();
    this.frame.remove();
    this.legend.remove();
    this.help.remove();
  }

  show(data) {
    this.frame.style.height = `${data.height}px`;
    this.frame.setAttribute('aria-label', data.alt);
    this.dark = Boolean(data.dark);
    for (const part of [this.frame, this.help]) part.classList.toggle('dark', this.dark);
    this.help.textContent = data.keys;
    this.explain(data.legend);
    this.badges = data.badges;
    this.marked = new Set(data.marked);
    const first = !this.network;
    const fit = first || data.fit !== this.fitted;
    this.fitted = data.fit;
    this.put(this.nodes, data.nodes);
    this.put(this.edges, data.edges);
    this.film.set(data.film, data.edges);
    if (first) this.begin(data.options);
    else this.stand(data.nodes);
    if (fit) this.fit();
    this.select(data.selected);
    if (data.menu && data.menu.turn !== this.menuTurn) {
      this.menuTurn = data.menu.turn;
      this.openMenu(data.menu);
    }
    this.network.redraw();
    this.frame.dataset.nodes = String(data.nodes.length);
    this.frame.dataset.names = String(this.labels.shown);
    this.frame.dataset.drawn = String(data.turn); // tests wait for the picture of a turn
  }

  // Rows as the server gives them, in the colours of the theme.
  put(set, rows) {
    replace(set, rows.map((row) => drawn(row, this.dark)));
  }

  // Where the server says that nodes stand: what was dragged and may not stay there goes back. vis cuts fractions off.
  stand(rows) {
    if (this.dragging) return;
    const places = this.network.getPositions();
    for (const { id, x, y } of rows) {
      if (Math.hypot(places[id].x - x, places[id].y - y) > 2) this.network.moveNode(id, x, y);
    }
  }

  explain({ nodes, lines }) {
    const ink = (colour) => inked(colour, this.dark);
    this.legend.replaceChildren(
      ...nodes.map((node) => entry(node.words, 18, { d: SHAPES[node.shape], fill: ink(node.fill), stroke: ink(node.outline) })),
      ...lines.map((line) =>
        entry(line.words, 34, { d: 'M1 9h32', fill: 'none', stroke: ink(line.colour), 'stroke-dasharray': line.dashes.join(' ') }),
      ),
    );
  }

  begin(options) {
    this.network = new Network(this.stage, { nodes: this.nodes, edges: this.edges }, options);
    this.network.on('click', (at) => this.clicked(at));
    this.network.on('doubleClick', (at) => at.nodes.length && this.tell({ do: 'expand', nodes: at.nodes }));
    this.network.on('oncontext', (at) => this.asked(at));
    this.network.on('dragStart', () => (this.dragging = true));
    this.network.on('dragEnd', (at) => {
      this.dragging = false;
      if (at.nodes.length) this.dragged(at.nodes);
    });
    this.network.on('afterDrawing', (ink) => this.drawOver(ink));
  }

  select(ids) {
    const known = ids.filter((id) => this.nodes.get(id) !== null);
    this.network.setSelection({ nodes: known, edges: [] }, { highlightEdges: false });
  }

  clicked(at) {
    this.frame.focus({ preventScroll: true });
    this.closeMenu();
    if (at.event.tapCount > 1) return; // of a double click the second is answered as one
    const chosen = at.nodes.length ? this.network.getSelectedNodes() : [];
    this.tell({ do: 'select', nodes: chosen, edge: !at.nodes.length && at.edges.length ? at.edges[0] : null });
  }

  asked(at) {
    at.event.preventDefault();
    const id = this.network.getNodeAt(at.pointer.DOM);
    if (id === undefined) return;
    this.spot = at.pointer.DOM;
    this.network.selectNodes([id], false);
    this.tell({ do: 'menu', nodes: [id] });
  }

  dragged(ids) {
    const places = this.network.getPositions(ids);
    this.tell({ do: 'move', places: ids.map((id) => [id, round(places[id].x), round(places[id].y)]) });
  }

  key(event) {
    if (event.target !== this.frame || event.altKey) return; // the menu and inputs have keys of their own
    const name = (event.ctrlKey || event.metaKey) && event.key === 'z' ? (event.shiftKey ? 'Z' : 'z') : event.key;
    if ((event.ctrlKey || event.metaKey) && !'zyZ'.includes(name)) return;
    const moves = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] }[name];
    if (moves) this.pan(moves);
    else if (name === 'f') this.fit();
    else if (name === '+' || name === '-') this.network.moveTo({ scale: this.network.getScale() * (name === '+' ? 1.25 : 0.8) });
    else if (name === 'Escape') this.escape();
    else if (name === 'm' && this.network.getSelectedNodes().length === 1) this.keyMenu();
    else if (KEYS[name]) this.tell({ do: KEYS[name], nodes: this.network.getSelectedNodes() });
    else return;
    event.preventDefault();
  }

  keyMenu() {
    const [id] = this.network.getSelectedNodes();
    this.spot = this.network.canvasToDOM(this.network.getPosition(id));
    this.tell({ do: 'menu', nodes: [id] });
  }

  // All of it in the frame, with room at the edge for names.
  fit() {
    this.network.fit({ animation: false });
    this.network.moveTo({ scale: this.network.getScale() * 0.92 });
  }

  pan([x, y]) {
    const { x: left, y: top } = this.network.getViewPosition();
    const scale = this.network.getScale();
    this.network.moveTo({ position: { x: left + x / scale, y: top + y / scale } });
  }

  escape() {
    this.closeMenu();
    this.network.unselectAll();
    this.tell({ do: 'select', nodes: [], edge: null });
  }

  openMenu(menu) {
    this.menu.replaceChildren(element('p', 'title', {}, menu.title));
    for (const item of menu.items) {
      const button = element('button', '', { type: 'button', role: 'menuitem' }, item.words);
      button.addEventListener('click', () => {
        this.closeMenu();
        this.frame.focus({ preventScroll: true });
        this.tell({ ...item.event, nodes: [menu.node] });
      });
      this.menu.append(button);
    }
    const spot = this.spot ?? { x: 20, y: 20 };
    this.menu.hidden = false;
    this.menu.style.left = `${Math.min(spot.x, this.frame.clientWidth - this.menu.offsetWidth - 4)}px`;
    this.menu.style.top = `${Math.max(Math.min(spot.y, this.frame.clientHeight - this.menu.offsetHeight - 4), 0)}px`;
    this.menu.querySelector('button')?.focus({ preventScroll: true });
    this.menu.onkeydown = (event) => this.menuKey(event);
  }

  menuKey(event) {
    const buttons = [...this.menu.querySelectorAll('button')];
    const at = buttons.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.key === 'Escape') {
      this.closeMenu();
      this.frame.focus({ preventScroll: true });
    } else if (to !== undefined) {
      buttons[(to + buttons.length) % buttons.length].focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  closeMenu() {
    this.menu.hidden = true;
  }

  draws(event) {
    if (!event.shiftKey || event.button !== 0) return;
    const box = this.stage.getBoundingClientRect();
    const spot = (e) => [e.clientX - box.left, e.clientY - box.top];
    if (this.network.getNodeAt({ x: spot(event)[0], y: spot(event)[1] }) !== undefined) return;
    event.stopPropagation();
    event.preventDefault();
    const loop = [spot(event)];
    const move = (e) => {
      loop.push(spot(e));
      this.drawLoop(loop);
    };
    const up = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      this.drawLoop([]);
      this.caught(loop);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
  }

  drawLoop(loop) {
    this.lasso.width = this.frame.clientWidth;
    this.lasso.height = this.frame.clientHeight;
    const ink = this.lasso.getContext('2d');
    ink.strokeStyle = ink.fillStyle = '#0072B2';
    ink.beginPath();
    loop.forEach(([x, y]) => ink.lineTo(x, y));
    ink.closePath();
    ink.stroke();
    ink.globalAlpha = 0.1;
    ink.fill();
  }

  caught(loop) {
    const inside = this.nodes.getIds().filter((id) => {
      const { x, y } = this.network.canvasToDOM(this.network.getPosition(id));
      return within(x, y, loop);
    });
    this.network.selectNodes(inside, false);
    this.frame.focus({ preventScroll: true });
    this.tell({ do: 'select', nodes: inside, edge: null });
  }

  drawOver(ink) {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const selected = this.network.getSelectedNodes();
    this.labels.draw(ink, this.network, this.nodes, { dark: this.dark, width, height, selected });
    this.drawBadges(ink);
  }

  drawBadges(ink) {
    const places = this.network.getPositions();
    ink.textAlign = 'center';
    ink.textBaseline = 'middle';
    for (const id of this.marked) {
      if (!places[id]) continue;
      ink.strokeStyle = inked('#0072B2', this.dark);
      ink.lineWidth = 3;
      ink.beginPath();
      ink.arc(places[id].x, places[id].y, this.nodes.get(id).size + 8, 0, 2 * Math.PI);
      ink.stroke();
    }
    ink.fillStyle = ink.strokeStyle = inked('#1F2933', this.dark);
    ink.lineWidth = 2;
    this.nodes.forEach(({ id, pinned, size }) => pinned && places[id] && pin(ink, places[id].x - size * 0.75, places[id].y - size * 0.75));
    for (const [id, text] of Object.entries(this.badges)) {
      if (!places[id]) continue;
      const size = this.nodes.get(id).size;
      const x = places[id].x + size;
      const y = places[id].y - size;
      ink.font = '600 11px sans-serif';
      const wide = ink.measureText(text).width + 8;
      ink.fillStyle = inked('#1F2933', this.dark);
      ink.beginPath();
      ink.roundRect(x - wide / 2, y - 8, wide, 16, 8);
      ink.fill();
      ink.fillStyle = this.dark ? '#14191F' : '#FFFFFF';
      ink.fillText(text, x, y + 0.5);
    }
  }
}

const SHAPES = {
  dot: 'M9 3a6 6 0 1 0 .01 0z',
  square: 'M4 4h10v10H4z',
  diamond: 'M9 2 16 9 9 16 2 9z',
  triangle: 'M9 3 16 15H2z',
  triangleDown: 'M9 15 2 3h14z',
  star: 'M9 1.5l2.2 5 5.3.5-4 3.6 1.2 5.3L9 13.1l-4.7 2.8 1.2-5.3-4-3.6 5.3-.5z',
  hexagon: 'M5 2h8l4 7-4 7H5L1 9z',
};

function entry(words, width, drawing) {
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  const path = document.createElementNS(space, 'path');
  for (const [key, value] of Object.entries({ width, height: 18, 'aria-hidden': 'true' })) picture.setAttribute(key, value);
  for (const [key, value] of Object.entries({ 'stroke-width': 2, ...drawing })) path.setAttribute(key, value);
  picture.append(path);
  const item = element('li');
  item.append(picture, words);
  return item;
}

function element(tag, name, attributes = {}, text = '') {
  const made = document.createElement(tag);
  if (name) made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// What is gone is removed, what changed is changed, what stays is not touched: it does not move.
function replace(set, rows) {
  const wanted = new Map(rows.map((row) => [row.id, row]));
  set.remove(set.getIds().filter((id) => !wanted.has(id)));
  set.update(rows.filter((row) => JSON.stringify(row) !== set.get(row.id)?.was).map((row) => ({ ...row, was: JSON.stringify(row) })));
}

// The mark of what is pinned, its point at a place.
function pin(ink, x, y) {
  ink.beginPath();
  ink.moveTo(x, y);
  ink.lineTo(x - 5, y - 8);
  ink.stroke();
  ink.beginPath();
  ink.arc(x - 6, y - 10, 4, 0, 2 * Math.PI);
  ink.fill();
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function within(x, y, loop) {
  let inside = false;
  for (let i = 0, j = loop.length - 1; i < loop.length; j = i, i += 1) {
    const [ax, ay] = loop[i];
    const [bx, by] = loop[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
