// Sliders per aspect, and kinds of models.
'use strict';

(() => {
  const { element, models } = Finexl;
  const sliders = document.getElementById('sliders');
  const facets = document.getElementById('facets');
  const KINDS = [['base', 'Base'], ['family', 'Family'], ['tag', 'Tag'], ['kind', 'What the change comes to']];
  const MOST = 30;

  function slider(state, concept, name, largest, changed) {
    const id = `slider-${concept}`;
    const range = element('input', { type: 'range', id, min: 0, max: largest, step: largest / 20, value: 0 });
    const how = element('select', { 'aria-label': `at least or at most ${name}` });
    how.append(element('option', { value: 'least' }, 'at least'), element('option', { value: 'most' }, 'at most'));
    const said = element('output', { for: id }, 'any');
    const read = () => {
      const value = Number(range.value);
      const any = how.value === 'least' ? value === 0 : false;
      said.textContent = any ? 'any' : Finexl.number(value);
      range.setAttribute('aria-valuetext', any ? 'any' : `${how.value === 'least' ? 'at least' : 'at most'} ${said.textContent}`);
      if (any) state.sliders.delete(concept);
      else state.sliders.set(concept, [how.value, value]);
      changed();
    };
    range.addEventListener('input', read);
    how.addEventListener('change', read);
    const head = element('label', { for: id }, name);
    const controls = element('span', {}, how, ' ', said);
    const row = element('div', { class: 'slider' }, head, controls, range);
    range.style.gridColumn = '1 / 3';
    return row;
  }

  // Only aspects that some model of the group has; the strongest of the families' aspects first is the order of names.
  Finexl.drawSliders = (state, changed) => {
    sliders.replaceChildren();
    const group = state.groupOf();
    const largest = new Map();
    for (const model of models) {
      if (model.g !== state.group) continue;
      for (const [concept, score] of model.a) largest.set(concept, Math.max(largest.get(concept) ?? 0, score / 1000));
    }
    const families = new Map();
    group.concepts.forEach((name, concept) => {
      if ((largest.get(concept) ?? 0) < (group.calibrated ? 0.05 : 1e-9)) return;
      const family = group.families[concept] ?? 'other';
      if (!families.has(family)) families.set(family, []);
      families.get(family).push([concept, name]);
    });
    for (const [family, concepts] of families) {
      sliders.append(element('h3', {}, family));
      for (const [concept, name] of concepts) {
        const end = group.calibrated ? 1 : largest.get(concept);
        sliders.append(slider(state, concept, name, end, changed));
      }
    }
  };

  Finexl.drawFacets = (state, changed) => {
    facets.replaceChildren();
    for (const [kind, title] of KINDS) {
      const count = new Map();
      for (const model of models) {
        if (model.g !== state.group) continue;
        for (const value of Finexl.facet(model, kind)) count.set(value, (count.get(value) ?? 0) + 1);
      }
      if (count.size < 2 && kind !== 'tag') continue;
      if (count.size === 0) continue;
      const values = [...count].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      const field = element('fieldset', {}, element('legend', {}, title));
      for (const [value, models] of values.slice(0, MOST)) {
        const box = element('input', { type: 'checkbox' });
        box.addEventListener('change', () => {
          if (!state.facets.has(kind)) state.facets.set(kind, new Set());
          if (box.checked) state.facets.get(kind).add(value);
          else state.facets.get(kind).delete(value);
          changed();
        });
        field.append(element('label', {}, box, `${value} (${models})`));
      }
      if (values.length > MOST) {
        field.append(element('p', { class: 'small' }, `${values.length - MOST} more; use the search`));
      }
      facets.append(field);
    }
  };
})();
