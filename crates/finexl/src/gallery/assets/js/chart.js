// Scores with their intervals, of one model or several, as SVG.
'use strict';

(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const LEFT = 170;
  const RIGHT = 660;
  const WIDTH = 700;

  function node(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // A mark per model, told apart by shape as well as by colour.
  function mark(series, x, y, filled) {
    const kind = `s${series}${filled ? '' : ' open'}`;
    const shapes = [
      () => node('circle', { cx: x, cy: y, r: 5 }),
      () => node('rect', { x: x - 4.5, y: y - 4.5, width: 9, height: 9 }),
      () => node('path', { d: `M${x} ${y - 6}l6 6-6 6-6-6z` }),
      () => node('path', { d: `M${x} ${y - 6}l6 10h-12z` }),
    ];
    const made = shapes[series % shapes.length]();
    made.setAttribute('class', kind);
    made.setAttribute('stroke-width', 1.5);
    return made;
  }

  function shortened(name) {
    return name.length > 24 ? `${name.slice(0, 23)}…` : name;
  }

  // Rows are { name, values: [[score, low, high, significant] or null, one per model] }.
  Finexl.chart = (rows, described) => {
    const series = Math.max(1, ...rows.map((row) => row.values.length));
    const step = 12 * series + 12;
    const height = rows.length * step + 40;
    const ends = rows.flatMap((row) => row.values.filter(Boolean).flatMap((v) => v.slice(0, 3)));
    const finite = ends.filter(Number.isFinite);
    const largest = Math.max(...finite, 0) <= 1 && Math.max(...finite, 0) > 0.2 ? 1 : Math.max(...finite, 1e-6);
    const smallest = Math.min(...finite, 0);
    const x = (value) => LEFT + ((Math.min(Math.max(value, smallest), largest) - smallest) / (largest - smallest)) * (RIGHT - LEFT);
    const svg = node('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': described });
    for (let tick = 0; tick <= 4; tick += 1) {
      const value = smallest + ((largest - smallest) * tick) / 4;
      svg.append(node('line', { x1: x(value), x2: x(value), y1: 6, y2: height - 26, class: 'axis' }));
      const label = largest < 0.1 ? value.toPrecision(2) : value.toFixed(2);
      svg.append(node('text', { x: x(value), y: height - 8, 'text-anchor': 'middle', class: 'muted' }, label));
    }
    rows.forEach((row, at) => {
      const top = at * step + 12;
      svg.append(node('text', { x: LEFT - 12, y: top + (12 * series) / 2 + 4, 'text-anchor': 'end' }, shortened(row.name)));
      row.values.forEach((value, place) => {
        if (!value) return;
        const y = top + 6 + place * 12;
        const line = { x1: x(value[1]), x2: x(value[2]), y1: y, y2: y, class: `s${place}`, 'stroke-width': 2 };
        svg.append(node('line', line), mark(place, x(value[0]), y, value[3]));
      });
    });
    return svg;
  };

  Finexl.legendMark = (series) => {
    const svg = node('svg', { viewBox: '0 0 18 14', 'aria-hidden': 'true' });
    svg.append(mark(series, 9, 7, true));
    return svg;
  };
})();
