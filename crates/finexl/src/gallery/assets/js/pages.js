// The page of a model, and the comparison of several.
'use strict';

(() => {
  const { element, score, number, interval } = Finexl;
  const page = document.getElementById('page');
  const MOST = 16;

  function back() {
    return element('p', {}, element('a', { href: '#/' }, '← All models'));
  }

  function fact(name, value) {
    return element('div', {}, element('dt', {}, name), element('dd', {}, value));
  }

  function scale(group) {
    return group.calibrated
      ? 'Scores are levels from 0 (unchanged) to 1 (as strong as it gets), with 95% intervals; filled marks are significant.'
      : 'Scores are raw weights, to be compared within this group only, with 95% intervals; filled marks are significant.';
  }

  function facts(model) {
    const list = element('dl', { class: 'facts' }, fact('base', model.b || 'not said'));
    if (model.f) list.append(fact('family', model.f));
    list.append(fact('image pairs', String(model.n)), fact('not explained', `${Math.round(model.u * 100)}%`));
    if (model.z !== null) list.append(fact('size of the change', number(model.z)));
    if (model.y.length) list.append(fact('tags', model.y.join(', ')));
    return list;
  }

  function table(heads, rows, caption) {
    const made = element('table', {}, element('caption', { class: 'small' }, caption));
    const head = element('tr');
    heads.forEach((name, at) => head.append(element('th', { scope: 'col', class: at ? 'number' : null }, name)));
    const body = element('tbody');
    for (const { cells, faint } of rows) {
      const row = element('tr', { class: faint ? 'faint' : null });
      cells.forEach((cell, at) => {
        row.append(element(at ? 'td' : 'th', at ? { class: 'number' } : { scope: 'row' }, cell));
      });
      body.append(row);
    }
    made.append(element('thead', {}, head), body);
    return element('div', { class: 'panel', tabindex: 0, role: 'region', 'aria-label': caption }, made);
  }

  // On a phone a chart is wider than the page, and is moved by keys too.
  function framed(chart) {
    const said = chart.getAttribute('aria-label');
    return element('figure', { class: 'panel', tabindex: 0, role: 'group', 'aria-label': said }, chart);
  }

  // What is as good as nothing is not among the data, nor is its interval.
  function said([value, low, high, significant]) {
    return significant === undefined ? 'hardly any' : `${number(value)} (${interval(low, high)})`;
  }

  function ordered(model) {
    return [...model.a].sort((a, b) => b[1] - a[1]);
  }

  Finexl.showModel = (model) => {
    const title = element('h1', {}, model.t);
    page.replaceChildren(back(), title, element('p', {}, model.s), facts(model));
    const telling = element('div', { class: 'pairs' });
    page.append(telling);
    if (model.p) telling.append(figure(Finexl.pictures(model), model.p, ''));
    Finexl.pairs(model).then((pairs) => {
      if (pairs.length) telling.replaceChildren(...pairs.map((pair) => pairFigure(model, pair)));
    }).catch(() => {});
    const top = ordered(model).slice(0, MOST);
    const rows = top.map((a) => ({
      name: model.group.concepts[a[0]],
      values: [[...score(model, a[0]), a[4]]],
    }));
    page.append(element('h2', {}, 'Aspects'));
    if (rows.length) page.append(framed(Finexl.chart(rows, `Scores of ${model.t}`)));
    page.append(element('p', { class: 'small' }, scale(model.group)));
    const cells = ordered(model).map((a) => {
      const [value, low, high] = score(model, a[0]);
      const verdict = a[4] ? 'significant' : 'not significant';
      return { cells: [model.group.concepts[a[0]], number(value), interval(low, high), verdict], faint: !a[4] };
    });
    page.append(table(['aspect', 'score', '95% interval', 'verdict'], cells, 'All aspects with a score'));
    if (model.r) {
      const link = element('a', { href: `reports/${model.i}.html` }, 'The whole report');
      page.append(element('p', {}, link, ' with its telling pairs, notes and provenance.'));
    }
    const more = element('div', { 'aria-live': 'polite' }, element('p', { class: 'small' }, 'Looking for similar models…'));
    page.append(more);
    show(title);
    Finexl.details(model).then((found) => more.replaceChildren(...details(model, found)))
      .catch((error) => more.replaceChildren(element('p', { class: 'note' }, error.message)));
  };

  function figure(pictures, note, said) {
    const caption = element('figcaption', {}, element('b', {}, note), said ? ` ${said}` : '');
    return element('figure', { class: 'pair' }, pictures, caption);
  }

  // Pictures of the report; what they show is said below them.
  function pairFigure(model, pair) {
    const both = element('div', { class: 'both' });
    for (const [side, name] of [['base', 'the base'], ['model', model.t]]) {
      both.append(element('img', { src: pair[side], alt: `${pair.note}: ${name}` }));
    }
    return figure(both, pair.note, pair.said);
  }

  function details(model, found) {
    const made = [element('h2', {}, 'Models that change pictures alike')];
    if (found.note) made.push(element('p', { class: 'small' }, found.note));
    const rows = found.similar.filter(([id]) => Finexl.byId.has(id)).map(([id, cosine, strongest]) => {
      const link = element('a', { href: `#/model/${id}` }, Finexl.byId.get(id).t);
      return { cells: [link, number(cosine), strongest] };
    });
    if (rows.length) made.push(table(['model', 'similarity', 'aspects'], rows, 'Cosine of the profiles: 1 is the same change'));
    if (found.inspection.length) {
      made.push(element('h2', {}, 'What is in the adapter'));
      const list = element('dl', { class: 'facts' });
      for (const [name, value] of found.inspection) list.append(fact(name, value));
      made.push(list);
    }
    return made;
  }

  Finexl.showComparison = (models) => {
    const title = element('h1', {}, `${models.length} models side by side`);
    page.replaceChildren(back(), title);
    if (models.some((model) => model.g !== models[0].g)) {
      page.append(element('p', { class: 'note' }, 'These models are of different groups, whose scores do not compare.'));
      show(title);
      return;
    }
    const legend = element('ul', { class: 'legend' });
    models.forEach((model, at) => {
      const link = element('a', { href: `#/model/${model.i}` }, model.t);
      legend.append(element('li', {}, Finexl.legendMark(at), link));
    });
    const strongest = new Map();
    for (const model of models) {
      for (const [concept, value, , , significant] of model.a) {
        if (significant || value >= 100) strongest.set(concept, Math.max(strongest.get(concept) ?? 0, value));
      }
    }
    const concepts = [...strongest].sort((a, b) => b[1] - a[1]).slice(0, MOST).map(([concept]) => concept);
    const names = models[0].group.concepts;
    const rows = concepts.map((concept) => ({
      name: names[concept],
      values: models.map((model) => [...score(model, concept), model.scores.get(concept)?.[4]]),
    }));
    const described = `Scores of ${models.map((model) => model.t).join(', ')}`;
    page.append(legend, framed(Finexl.chart(rows, described)));
    page.append(element('p', { class: 'small' }, scale(models[0].group)));
    const cells = rows.map((row) => ({
      cells: [row.name, ...row.values.map(said)],
    }));
    page.append(table(['aspect', ...models.map((model) => model.t)], cells, 'The same numbers'));
    const summaries = element('dl', { class: 'facts' });
    for (const model of models) summaries.append(fact(model.t, model.s));
    page.append(element('h2', {}, 'In words'), summaries);
    show(title);
  };

  function show(title) {
    document.getElementById('browse').hidden = true;
    page.hidden = false;
    document.title = title.textContent;
    window.scrollTo(0, 0);
    page.focus({ preventScroll: true });
  }
})();
