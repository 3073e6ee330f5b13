// A picture through time. While a span is dragged or played, the lines of that span are drawn here, from all lines with
// their times; what the server says afterwards is drawn in their place. Nodes stay where they are, and are never hidden:
// those without a line in the span are drawn pale.
export const SPAN = 'lockstep-span';
const PALE = 0.22;

export class Film {
  constructor(picture, replace) {
    this.picture = picture;
    this.replace = replace;
    this.hear = (event) => this.show(event.detail);
    addEventListener(SPAN, this.hear);
  }

  destroy() {
    removeEventListener(SPAN, this.hear);
  }

  // What the server says: its picture, and the film of it where the page has one.
  set(film, rows) {
    this.film = film;
    this.rows = rows;
    delete this.picture.frame.dataset.film;
    this.fade(Boolean(film?.cut));
  }

  // A span in seconds, or none: what the server said last. How much of all there is to be seen is answered.
  show(asked) {
    if (!this.film?.edges || this.picture.frame.isConnected === false) return;
    const rows = asked.span ? this.within(asked.span, asked) : this.rows;
    this.replace(this.picture.edges, rows);
    this.fade(asked.span ? true : Boolean(this.film.cut));
    if (asked.span) this.picture.frame.dataset.film = String(rows.length);
    else delete this.picture.frame.dataset.film;
    asked.lines = rows.length;
    asked.of = this.film.edges.length;
  }

  within([start, end], asked) {
    const rows = [];
    asked.moments = 0;
    for (const { times, ...row } of this.film.edges) {
      const count = before(times, end) - before(times, start);
      if (!count) continue;
      asked.moments += count;
      rows.push({ ...row, width: Math.round(Math.min(1.2 * Math.sqrt(count), 8) * 100) / 100 });
    }
    return rows;
  }

  fade(active) {
    const busy = new Set();
    this.picture.edges.forEach((edge) => busy.add(edge.from).add(edge.to));
    const changed = [];
    this.picture.nodes.forEach((node) => {
      const opacity = active && !busy.has(node.id) ? PALE : 1;
      if ((node.opacity ?? 1) !== opacity) changed.push({ id: node.id, opacity });
    });
    if (changed.length) this.picture.nodes.update(changed);
    if (active || 'idle' in this.picture.frame.dataset) this.picture.frame.dataset.idle = String(active ? this.picture.nodes.length - count(this.picture.nodes, busy) : 0);
  }
}

// How many of the ascending times are before one.
function before(times, at) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function count(nodes, busy) {
  return nodes.getIds().filter((id) => busy.has(id)).length;
}
