// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = (selector) => document.querySelector(selector);
  const table = $('table');
  const rows = [...document.querySelectorAll('tr.r')];
  const bodies = [...document.querySelectorAll('tbody')];

  // Cases by clause and backend.
  const cases = new Map();
  for (const o of data.outcomes) {
    const key = o.c + ' ' + o.b;
    if (!cases.has(key)) cases.set(key, []);
    cases.get(key).push(o);
  }

  // ---- filters ----
  const wanted = {verdict: new Set(), level: new Set()};
  const search = $('#search');

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const verdicts = row.dataset.v.split(' ');
      const show =
          (!wanted.level.size || wanted.level.has(row.dataset.l)) &&
          (!wanted.verdict.size ||
           verdicts.some((v) => wanted.verdict.has(v))) &&
          words.every((w) => row.searchText.includes(w));
      row.hidden = !show;
      if (show) ++shown;
    }
    for (const body of bodies) {
      body.hidden = !body.querySelector('tr.r:not([hidden])');
    }
    $('.shown').textContent = shown + ' of ' + rows.length + ' clauses';
    $('.empty').hidden = shown > 0;
  }

  for (const row of rows) {
    row.searchText = row.querySelector('th').textContent.toLowerCase();
  }
  for (const chip of document.querySelectorAll('.chip')) {
    chip.addEventListener('click', () => {
      const set = wanted[chip.dataset.k];
      const on = !set.has(chip.dataset.v);
      if (on) set.add(chip.dataset.v); else set.delete(chip.dataset.v);
      chip.setAttribute('aria-pressed', String(on));
      apply();
    });
  }
  search.addEventListener('input', apply);
  document.addEventListener('keydown', (e) => {
    if (e.key === '/' && !dialog.open && e.target !== search) {
      e.preventDefault();
      search.focus();
    }
  });
  const fit = () => document.documentElement.style.setProperty(
      '--tools', $('.tools').offsetHeight + 'px');
  addEventListener('resize', fit);
  fit();
  const more = $('#more');
  if (more) {
    more.addEventListener('click', () => {
      for (const li of document.querySelectorAll('.failed li')) {
        li.hidden = false;
      }
      more.remove();
    });
  }

  // ---- details ----
  const dialog = $('dialog');
  let returnTo = null;

  function element(tag, className, text) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  function tag(verdict, text) {
    return element('span', 'tag v-' + verdict, text || verdict);
  }

  function pre(text) { return element('pre', '', text); }

  function copyButton(text) {
    const button = element('button', 'btn', 'Copy');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch (e) {
        // A page from disk may not use the clipboard in every browser.
        const area = element('textarea');
        area.value = text;
        dialog.append(area);
        area.select();
        document.execCommand('copy');
        area.remove();
      }
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1200);
    });
    return button;
  }

  function folded(title, content, open) {
    const d = element('details');
    d.open = !!open;
    d.append(element('summary', '', title), content);
    return d;
  }

  function showCase(o, body) {
    const head = element('h3');
    head.append(tag(o.v), element('span', 'id', o.n),
                element('span', 'dur', o.d.toFixed(3) + ' s'));
    body.append(head);
    if (o.r) body.append(element('p', '', o.r));
    for (const f of o.f || []) {
      body.append(pre(f.m));
      if (f.a) body.append(element('div', 'at', 'at ' + f.a));
    }
    if (o.t) body.append(folded('Processes at the deadline',
                                pre(o.t.join('\n')), true));
    if (o.l) body.append(folded('Left behind', pre(o.l.join('\n')), true));
    if (o.o) body.append(folded('Output', pre(o.o), !(o.f || []).length));
    const line = o.x || data.repro + ' --backend=' + data.backends[o.b] +
                 ' --only=' + o.n + data.repro_tail;
    const repro = element('div', 'repro');
    repro.append(pre(line), copyButton(line));
    body.append(element('div', 'at', 'Run it again:'), repro);
  }

  function open(clause, backend, from) {
    const c = data.clauses[clause];
    const row = document.getElementById(c.id);
    returnTo = from || null;
    dialog.replaceChildren();
    const head = element('div', 'head');
    const title = element('h2');
    title.append(element('span', 'id', c.id));
    const close = element('button', 'btn', 'Close');
    close.addEventListener('click', () => dialog.close());
    head.append(title, close);
    const body = element('div', 'body');
    body.append(element('p', 'text', row.querySelector('p').textContent));
    const facts = element('dl');
    const fact = (name, value) => {
      if (value) facts.append(element('dt', '', name), element('dd', '', value));
    };
    fact('level', c.level);
    fact('platform', c.platform === 'all' ? '' : c.platform);
    fact('requires', (c.requires || []).join(', '));
    fact('since', c.since);
    fact('source', c.source);
    fact('notes', c.notes);
    fact('untestable', c.untestable);
    body.append(facts);
    const ran = cases.get(clause + ' ' + backend) || [];
    const name = element('h3', '', 'On ' + data.backends[backend]);
    body.append(name);
    if (!ran.length) {
      body.append(element('p', '', c.untestable ? 'No case can judge it.' :
                                                  'No case was run.'));
    }
    for (const o of ran) showCase(o, body);
    if (data.backends.length > 1) {
      body.append(element('h3', '', 'On the others'));
      const others = element('div', 'others');
      [...row.cells].slice(1).forEach((cell, b) => {
        if (b === backend) return;
        const button = element('button');
        button.append(tag(cell.dataset.v, data.backends[b] + ' ' +
            (cell.dataset.v === 'NONE' ? 'not run' : cell.dataset.v)));
        button.addEventListener('click', () => open(clause, b, returnTo));
        others.append(button);
      });
      body.append(others);
    }
    dialog.append(head, body);
    dialog.scrollTop = 0;
    if (!dialog.open) dialog.showModal();
    close.focus({preventScroll: true});
  }

  dialog.addEventListener('close', () => { if (returnTo) returnTo.focus(); });
  dialog.addEventListener('click', (e) => {
    if (e.target === dialog) dialog.close();  // the backdrop
  });

  function openCell(cell) {
    open(Number(cell.parentNode.dataset.i), cell.cellIndex - 1, cell);
  }

  table.addEventListener('click', (e) => {
    const toggle = e.target.closest('tr.area button');
    if (toggle) {
      const closed = toggle.closest('tbody').classList.toggle('closed');
      toggle.setAttribute('aria-expanded', String(!closed));
      return;
    }
    const cell = e.target.closest('tr.r td');
    if (cell) openCell(cell);
  });
  for (const button of document.querySelectorAll('.failed button')) {
    button.addEventListener('click', () => open(
        Number(button.dataset.c), Number(button.dataset.b), button));
  }

  // ---- keyboard: the matrix is one stop, arrows move within it ----
  let current = document.querySelector('tr.r td');
  if (current) current.tabIndex = 0;

  function go(cell) {
    if (!cell) return;
    current.tabIndex = -1;
    current = cell;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({block: 'nearest', inline: 'nearest'});
  }

  function vertical(cell, step) {
    const visible = rows.filter((r) => r.offsetParent !== null);
    const at = visible.indexOf(cell.parentNode);
    const row = visible[at + step];
    return row && row.cells[cell.cellIndex];
  }

  table.addEventListener('keydown', (e) => {
    const cell = e.target.closest('tr.r td');
    if (!cell) return;
    const next = {
      ArrowLeft: () => cell.cellIndex > 1 && cell.previousElementSibling,
      ArrowRight: () => cell.nextElementSibling,
      ArrowUp: () => vertical(cell, -1),
      ArrowDown: () => vertical(cell, 1),
    }[e.key];
    if (next) {
      e.preventDefault();
      go(next());
    } else if (e.key === 'Enter' || e.key === ' ') {
      e.preventDefault();
      openCell(cell);
    }
  });
  table.addEventListener('focusin', (e) => {
    const cell = e.target.closest('tr.r td');
    if (cell && cell !== current) {
      current.tabIndex = -1;
      current = cell;
      cell.tabIndex = 0;
    }
  });

  // A link to a clause opens its area and shows it.
  function follow() {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row || !row.matches('tr.r')) return;
    row.closest('tbody').classList.remove('closed');
    row.scrollIntoView({block: 'center'});
  }
  addEventListener('hashchange', follow);
  apply();
  follow();
})();
