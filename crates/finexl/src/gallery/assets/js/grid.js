// The grid of cards. Only what is near the window is there; the rest is room.
'use strict';

(() => {
  const { element } = Finexl;
  const HEIGHT = 316;
  const GAP = 14;
  const NARROWEST = 236;
  const AHEAD = 2;
  const grid = document.getElementById('grid');
  const cards = document.getElementById('cards');
  const made = new Map();
  let shown = [];
  let columns = 1;
  let drawn = '';

  function pictures(model) {
    const box = element('div', { class: 'both' });
    if (!model.p) {
      const why = model.r ? 'no pictures: nothing was found that they would show' : 'no pictures beside the record';
      box.append(element('span', { class: 'none' }, why));
      return box;
    }
    for (const [side, said] of [['base', 'base'], ['model', 'personalized']]) {
      const path = `pictures/${model.i}-${side}.jpg`;
      box.append(element('img', { src: path, loading: 'lazy', decoding: 'async', alt: `${said}, ${model.p}` }));
    }
    return box;
  }

  Finexl.pictures = pictures;

  function card(model) {
    const box = element('input', { type: 'checkbox' });
    box.checked = Finexl.basket.has(model.i);
    box.addEventListener('change', () => Finexl.pick(model, box));
    const name = element('a', { href: `#/model/${model.i}` }, model.t);
    const chips = element('div', { class: 'chips' });
    for (const aspect of model.strong.slice(0, 3)) {
      chips.append(element('span', { class: 'chip' }, `${aspect.name} ${aspect.score.toFixed(2)}`));
    }
    const pick = element('label', { class: 'pick' }, box, 'Compare');
    box.setAttribute('aria-label', `Compare ${model.t}`);
    const inside = element('div', { class: 'in' }, element('h2', {}, name), chips, element('p', {}, model.s));
    if (model.y.length) inside.append(element('p', { class: 'tags' }, model.y.join(', ')));
    inside.append(pick);
    const item = element('li', {}, element('article', { class: 'card' }, pictures(model), inside));
    item.model = model;
    return item;
  }

  function draw() {
    const width = grid.clientWidth;
    if (!width) return;
    columns = Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
    const rows = Math.ceil(shown.length / columns);
    grid.style.height = `${Math.max(0, rows * (HEIGHT + GAP) - GAP)}px`;
    const top = -grid.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / (HEIGHT + GAP)) - AHEAD);
    const last = Math.min(rows, Math.ceil((top + window.innerHeight) / (HEIGHT + GAP)) + AHEAD);
    const from = Math.min(first, Math.max(0, rows - 1)) * columns;
    const to = Math.min(shown.length, Math.max(last, 1) * columns);
    const key = `${columns} ${from} ${to}`;
    if (key === drawn) return;
    drawn = key;
    cards.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    cards.style.top = `${(from / columns) * (HEIGHT + GAP)}px`;
    place(shown.slice(from, to), from);
  }

  // Puts the cards of some models there; those that are there already stay, with their focus.
  function place(models, from) {
    const near = new Set(models);
    const active = document.activeElement?.closest?.('#cards li');
    for (const [model, item] of made) {
      if (!near.has(model) && item !== active) {
        item.remove();
        made.delete(model);
      }
    }
    let before = null;
    models.forEach((model, at) => {
      if (!made.has(model)) made.set(model, card(model));
      const item = made.get(model);
      item.setAttribute('aria-setsize', shown.length);
      item.setAttribute('aria-posinset', from + at + 1);
      const next = before ? before.nextSibling : cards.firstChild;
      if (next !== item) cards.insertBefore(item, next);
      before = item;
    });
    if (active && !near.has(active.model)) {
      active.remove();
      made.delete(active.model);
    }
  }

  Finexl.showGrid = (models) => {
    shown = models;
    drawn = '';
    draw();
  };
  Finexl.refreshPicks = () => {
    for (const [model, item] of made) item.querySelector('input').checked = Finexl.basket.has(model.i);
  };

  // Arrows go from card to card, also to those that are not drawn yet.
  cards.addEventListener('keydown', (event) => {
    const item = event.target.closest('li');
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    if (!item || !(event.key in steps) || event.target.type === 'checkbox') return;
    event.preventDefault();
    const to = Math.min(Math.max(shown.indexOf(item.model) + steps[event.key], 0), shown.length - 1);
    const y = grid.getBoundingClientRect().top + window.scrollY + Math.floor(to / columns) * (HEIGHT + GAP);
    if (y < window.scrollY + 80 || y + HEIGHT > window.scrollY + window.innerHeight) window.scrollTo(0, y - 120);
    draw();
    made.get(shown[to])?.querySelector('a')?.focus({ preventScroll: true });
  });
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
  window.addEventListener('scroll', soon, { passive: true });
  window.addEventListener('resize', soon);
})();
