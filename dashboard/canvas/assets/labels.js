// Names beside nodes: as large on the screen however far the picture is zoomed, and none over another. The names of what
// is selected come first, then those of larger nodes; a name for which there is no room is left out until there is.
import { GROUND } from './ink.js';

const SIZE = 12;
const LINE = 14;
const CELL = 64;
const FONT = `${SIZE}px sans-serif`;
const PLACES = [
  ([x, y, r], w, h) => [x - w / 2, y + r + 3, w, h],
  ([x, y, r], w, h) => [x - w / 2, y - r - 3 - h, w, h],
  ([x, y, r], w, h) => [x + r + 4, y - h / 2, w, h],
  ([x, y, r], w, h) => [x - r - 4 - w, y - h / 2, w, h],
];

// Boxes on the screen, found again by where they are.
class Boxes {
  constructor() {
    this.cells = new Map();
  }

  add(box, owner) {
    for (const cell of cells(box)) {
      if (!this.cells.has(cell)) this.cells.set(cell, []);
      this.cells.get(cell).push([box, owner]);
    }
  }

  hits(box, owner) {
    for (const cell of cells(box)) {
      for (const [other, whose] of this.cells.get(cell) ?? []) if (whose !== owner && overlap(box, other)) return true;
    }
    return false;
  }
}

export class Labels {
  constructor() {
    this.wide = new Map();
    this.shown = 0;
  }

  // Draw them; the canvas is in the picture's coordinates, and names are measured in the screen's.
  draw(ink, network, nodes, { dark, width, height, selected }) {
    const scale = network.getScale();
    const places = network.getPositions();
    const spots = [];
    nodes.forEach((node) => {
      const { x, y } = network.canvasToDOM(places[node.id] ?? { x: 0, y: 0 });
      if (x > -80 && y > -40 && x < width + 80 && y < height + 40) spots.push([node, [x, y, node.size * scale]]);
    });
    const circles = new Boxes();
    for (const [{ id }, [x, y, r]] of spots) circles.add([x - r, y - r, 2 * r, 2 * r], id);
    const first = new Set(selected);
    spots.sort(([a], [b]) => first.has(b.id) - first.has(a.id) || b.size - a.size);
    this.paint(ink, network, scale, dark, this.placed(ink, spots, circles, [width, height]));
  }

  // Where each name goes: wherever there is room, rather where the frame's edge does not cut it.
  placed(ink, spots, circles, [width, height]) {
    const taken = new Boxes();
    const found = [];
    ink.save();
    ink.font = FONT;
    for (const [node, spot] of spots) {
      if (!node.name) continue;
      const lines = node.name.split('\n');
      const wide = Math.max(...lines.map((line) => this.measure(ink, line))) + 4;
      const boxes = PLACES.map((place) => place(spot, wide, LINE * lines.length)).filter((box) => !taken.hits(box, node.id));
      const free = boxes.filter((b) => !circles.hits(b, node.id));
      const box = free.find(([x, y, w, h]) => x >= 0 && y >= 0 && x + w <= width && y + h <= height) ?? free[0];
      if (!box) continue;
      taken.add(box, node.id);
      found.push([lines, box]);
    }
    ink.restore();
    return found;
  }

  measure(ink, text) {
    if (!this.wide.has(text)) {
      if (this.wide.size > 5000) this.wide.clear();
      this.wide.set(text, ink.measureText(text).width);
    }
    return this.wide.get(text);
  }

  paint(ink, network, scale, dark, found) {
    ink.save();
    ink.font = `${SIZE / scale}px sans-serif`;
    ink.textAlign = 'center';
    ink.textBaseline = 'top';
    ink.lineJoin = 'round';
    ink.lineWidth = 3 / scale;
    ink.strokeStyle = GROUND[dark];
    ink.fillStyle = dark ? '#E6EBF0' : '#1F2933';
    for (const [lines, [left, top, wide]] of found) {
      lines.forEach((line, i) => {
        const { x, y } = network.DOMtoCanvas({ x: left + wide / 2, y: top + 1 + LINE * i });
        ink.strokeText(line, x, y);
        ink.fillText(line, x, y);
      });
    }
    ink.restore();
    this.shown = found.length;
  }
}

function cells([x, y, w, h]) {
  const found = [];
  for (let i = Math.floor(x / CELL); i <= Math.floor((x + w) / CELL); i += 1) {
    for (let j = Math.floor(y / CELL); j <= Math.floor((y + h) / CELL); j += 1) found.push(`${i},${j}`);
  }
  return found;
}

function overlap([ax, ay, aw, ah], [bx, by, bw, bh]) {
  return ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
}
