// Colours of the page's theme: the grammar's dark inks are not to be seen on a dark ground and become light ones there.
const LIGHT_FOR = { '#1F2933': '#DCE3EA', '#000000': '#DCE3EA', '#7A8794': '#9AA7B4', '#0072B2': '#3D9BD6' };

export const GROUND = { true: '#14191F', false: '#FFFFFF' };

// The colour that is drawn for one of the grammar's.
export function inked(colour, dark) {
  return (dark && LIGHT_FOR[colour]) || colour;
}

// A node or a line as it is drawn: its colours for the theme, and no label of vis's own.
export function drawn({ label, font, color, ...row }, dark) {
  return { ...row, color: recoloured(color, dark), name: label };
}

function recoloured(value, dark) {
  if (typeof value === 'string') return inked(value, dark);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, recoloured(part, dark)]));
}
