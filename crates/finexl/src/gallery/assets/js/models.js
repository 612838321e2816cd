// The models of the gallery, and what is asked of them. No names are ever put into markup, only into text.
'use strict';

const Finexl = {};

(() => {
  const data = window.FINEXL_GALLERY;
  const models = data.models;
  const byId = new Map();
  // Scores come as thousandths, only those that are not 0: [concept, score, low, high, significant].
  for (const model of models) {
    byId.set(model.i, model);
    model.group = data.groups[model.g];
    model.scores = new Map(model.a.map((a) => [a[0], a]));
    const strong = model.a.filter((a) => a[4]).sort((a, b) => b[1] - a[1]);
    model.strong = strong.map((a) => ({ name: model.group.concepts[a[0]], score: a[1] / 1000 }));
    model.text = [model.t, model.b, model.f, model.s, ...model.y, ...model.strong.map((a) => a.name)]
      .join('\n').toLowerCase();
  }

  // A score of a model as [score, low, high], in the units of the group.
  function score(model, concept) {
    const found = model.scores.get(concept);
    const end = (value, open) => (value === null ? open : value / 1000);
    return found ? [found[1] / 1000, end(found[2], -Infinity), end(found[3], Infinity)] : [0, 0, 0];
  }

  function number(value, digits = 2) {
    return Number.isFinite(value) ? value.toFixed(digits) : 'open';
  }

  function interval(low, high) {
    return `${number(low)} to ${number(high)}`;
  }

  // What is asked for: text, group, sliders (concept -> [how, value]), facets (kind -> set of values), order.
  function wanted(state) {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const sliders = [...state.sliders];
    const facets = [...state.facets].filter(([, values]) => values.size > 0);
    return (model) => {
      if (model.g !== state.group) return false;
      if (!words.every((word) => model.text.includes(word))) return false;
      for (const [concept, [how, value]] of sliders) {
        const [found] = score(model, concept);
        if (how === 'least' ? found < value : found > value) return false;
      }
      return facets.every(([kind, values]) => Finexl.facet(model, kind).some((value) => values.has(value)));
    };
  }

  const orders = {
    title: (a, b) => (a.t < b.t ? -1 : a.t > b.t ? 1 : 0),
    strongest: (a, b) => (b.strong[0]?.score ?? 0) - (a.strong[0]?.score ?? 0),
    size: (a, b) => (b.z ?? -1) - (a.z ?? -1),
    explained: (a, b) => a.u - b.u,
  };

  // Models by the sum of the lower ends of what the sliders ask for.
  function match(state) {
    const of = (model) => {
      let sum = 0;
      for (const [concept, [how]] of state.sliders) {
        const [, low, high] = score(model, concept);
        sum += how === 'least' ? low : -high;
      }
      return sum;
    };
    const sums = new Map(models.map((model) => [model, of(model)]));
    return (a, b) => sums.get(b) - sums.get(a);
  }

  function order(state) {
    if (state.order === 'match' && state.sliders.size > 0) return match(state);
    if (state.order.startsWith('aspect:')) {
      const concept = state.groupOf().concepts.indexOf(state.order.slice('aspect:'.length));
      return (a, b) => score(b, concept)[0] - score(a, concept)[0];
    }
    return orders[state.order] ?? orders.title;
  }

  Object.assign(Finexl, {
    data,
    models,
    byId,
    score,
    number,
    interval,
    facet(model, kind) {
      if (kind === 'tag') return model.y;
      const value = { base: model.b, family: model.f, kind: model.k }[kind];
      return value ? [value] : [];
    },
    // In order; several orders fall back to that of titles.
    query(state) {
      const found = models.filter(wanted(state));
      const by = order(state);
      return found.sort((a, b) => by(a, b) || orders.title(a, b));
    },
    // An element with text or children; never markup.
    element(name, attributes = {}, ...children) {
      const made = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) {
        if (value !== null && value !== undefined) made.setAttribute(key, value);
      }
      made.append(...children);
      return made;
    },
    // What is not needed at once comes as scripts, since a page of a folder may fetch nothing else.
    load(name) {
      Finexl.loaded ??= new Map();
      if (!Finexl.loaded.has(name)) {
        Finexl.loaded.set(name, new Promise((resolve, reject) => {
          const script = Finexl.element('script', { src: name });
          script.onload = resolve;
          script.onerror = () => {
            Finexl.loaded.delete(name);
            reject(new Error(`${name} cannot be read`));
          };
          document.head.append(script);
        }));
      }
      return Finexl.loaded.get(name);
    },
    details(model) {
      return Finexl.load(`data/details-${model.d}.js`).then(() => window.FINEXL_DETAILS[model.d][model.i]);
    },
    // The telling pairs of the report, where there is one.
    pairs(model) {
      if (!model.r) return Promise.resolve([]);
      return Finexl.load(`pairs/${model.i}.js`).then(() => window.FINEXL_PAIRS[model.i]);
    },
  });
})();
