// What is shown, and what it is shown by: the address behind #, the search, the filters.
'use strict';

(() => {
  const { data, element } = Finexl;
  const at = (id) => document.getElementById(id);
  const state = {
    text: '',
    group: 0,
    sliders: new Map(),
    facets: new Map(),
    order: 'match',
    found: null,
    groupOf: () => data.groups[state.group],
  };
  Finexl.basket = new Map();
  const FEWEST = 2;
  const MOST = 4;

  function list() {
    const models = state.found ? Finexl.query({ ...state, text: '' }) : Finexl.query(state);
    if (!state.found) return models;
    const allowed = new Set(models);
    return state.found.filter((model) => allowed.has(model));
  }

  function draw() {
    const models = list();
    const all = data.models.filter((model) => model.g === state.group).length;
    at('count').textContent = models.length === all ? `${all} models` : `${models.length} of ${all} models`;
    Finexl.showGrid(models);
  }

  function orders() {
    const names = [
      ['match', 'filters, then name'], ['title', 'name'], ['strongest', 'strongest aspect'],
      ['size', 'size of the change'], ['explained', 'least unexplained'],
    ];
    const options = names.map(([value, name]) => element('option', { value }, name));
    const aspects = element('optgroup', { label: 'score of' });
    for (const name of state.groupOf()?.concepts ?? []) aspects.append(element('option', { value: `aspect:${name}` }, name));
    at('sort').replaceChildren(...options, aspects);
    at('sort').value = state.order = 'match';
  }

  function openGroup(number) {
    state.group = number;
    state.sliders.clear();
    state.facets.clear();
    orders();
    Finexl.drawSliders(state, draw);
    Finexl.drawFacets(state, draw);
    draw();
  }

  // Two to four models of the basket are compared.
  Finexl.pick = (model, box) => {
    if (!box.checked) Finexl.basket.delete(model.i);
    else if (Finexl.basket.size >= MOST) box.checked = false;
    else Finexl.basket.set(model.i, model);
    basket();
  };

  function basket() {
    const names = [...Finexl.basket.values()].map((model) => model.t);
    at('basket').hidden = names.length === 0;
    const more = names.length < FEWEST ? ' (choose one more)' : names.length === MOST ? ' (no more than four)' : '';
    at('basket-said').textContent = `${names.join(', ')}${more}`;
    at('compare').disabled = names.length < FEWEST;
  }

  function route() {
    const [, kind, ids] = location.hash.match(/^#\/(model|compare)\/([\w,-]+)$/) ?? [];
    const models = (ids ?? '').split(',').map((id) => Finexl.byId.get(id)).filter(Boolean);
    if (kind === 'model' && models.length === 1) Finexl.showModel(models[0]);
    else if (kind === 'compare' && models.length >= FEWEST) Finexl.showComparison(models.slice(0, MOST));
    else {
      const wasPage = !at('page').hidden;
      at('page').hidden = true;
      at('browse').hidden = false;
      document.title = 'Models by what they change';
      Finexl.refreshPicks();
      draw();
      if (wasPage) at('results').focus();
    }
  }

  // Words go to the index behind a live gallery; a gallery in a folder has its texts.
  let asked = 0;
  async function search() {
    const words = at('words').value.trim();
    // Who searches from the page of a model wants to see what is found.
    if (!at('page').hidden) location.hash = '#/';
    state.found = null;
    at('said').hidden = true;
    state.text = words;
    asked += 1;
    const number = asked;
    if (data.live && at('mode').value === 'words' && words) {
      const group = encodeURIComponent(state.groupOf().id);
      const answer = await fetch(`api/search?group=${group}&q=${encodeURIComponent(words)}`).then((r) => r.json())
        .catch((error) => ({ error: error.message }));
      if (number !== asked) return;
      at('said').hidden = false;
      at('said').textContent = answer.error ?? ['Looked for: ' + answer.looked_for, ...answer.notes].join('. ');
      state.found = (answer.ids ?? []).map((id) => Finexl.byId.get(id)).filter(Boolean);
    }
    draw();
  }

  let waiting;
  at('words').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 150);
  });
  at('mode').addEventListener('change', search);
  at('search').addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
  at('sort').addEventListener('change', () => {
    state.order = at('sort').value;
    draw();
  });
  at('group').addEventListener('change', () => openGroup(Number(at('group').value)));
  at('clear').addEventListener('click', () => {
    at('words').value = '';
    state.text = '';
    state.found = null;
    at('said').hidden = true;
    openGroup(state.group);
  });
  at('compare').addEventListener('click', () => {
    location.hash = `#/compare/${[...Finexl.basket.keys()].join(',')}`;
  });
  at('empty').addEventListener('click', () => {
    Finexl.basket.clear();
    Finexl.refreshPicks();
    basket();
  });
  at('theme').addEventListener('click', () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });
  window.addEventListener('hashchange', route);

  at('filters').open = matchMedia('(min-width: 761px)').matches;
  at('mode-box').hidden = !data.live;
  at('group-box').hidden = data.groups.length < 2;
  data.groups.forEach((group, number) => at('group').append(element('option', { value: number }, group.described)));
  if (data.groups.length) openGroup(0);
  route();
})();
