// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const table = $('table');
  const wrap = $('.wrap');
  const dialog = $('dialog');
  const rows = $$('tr.r');
  const bodies = $$('tbody');
  const columns = data.columns;

  // Cases by clause and column.
  const cases = new Map();
  for (const o of data.outcomes) {
    const key = o.c + ' ' + o.b;
    if (!cases.has(key)) cases.set(key, []);
    cases.get(key).push(o);
  }

  // ---- layout ----
  // What is above the matrix must not cover its head, nor the row that a link
  // leads to. A matrix that is wider than the page scrolls by itself, in both
  // directions, so that the names of rows and columns stay in sight.
  // Set where it counts, not on the root: that would be a new style for all.
  function fit() {
    const root = document.documentElement;
    const tools = $('.tools');
    const above = getComputedStyle(tools).position === 'sticky' ?
        tools.offsetHeight : 0;
    const wide = table.offsetWidth + 2 * table.offsetLeft > root.clientWidth;
    wrap.classList.toggle('wide', wide);
    wrap.style.maxHeight = wide ? root.clientHeight - above + 'px' : '';
    for (const head of table.tHead.rows[0].cells) {
      head.style.top = wide ? 0 : above + 'px';
    }
    const covered = table.tHead.offsetHeight + 'px';
    wrap.style.scrollPaddingTop = wide ? covered : '';
    root.style.scrollPaddingTop = wide ? above + 'px' :
                                         `calc(${above}px + ${covered})`;
  }

  // ---- filters ----
  const wanted = {};
  for (const kind of ['verdict', 'level', 'differ', 'platform']) {
    wanted[kind] = new Set();
  }
  const search = $('#search');
  const clear = $('#clear');
  const boxes = $$('.choices input');
  let shownColumns = columns.map(() => true);
  const hiding = document.head.appendChild(document.createElement('style'));

  for (const row of rows) {
    row.searchText = row.cells[0].textContent.toLowerCase();
    row.verdicts = [];
    for (let i = 1; i < row.cells.length; ++i) {
      row.verdicts.push(row.cells[i].dataset.v);
    }
  }

  function columnShown(column) {
    if (wanted.platform.size && !wanted.platform.has(column.platform)) {
      return false;
    }
    const box = boxes.find((b) => b.value === column.backend);
    return !box || box.checked;
  }

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    shownColumns = columns.map(columnShown);
    const all = shownColumns.every(Boolean);
    const rules = shownColumns.map((s, i) => s ? '' :
        `tr > :nth-child(${i + 2}) { display: none }\n`).join('');
    if (hiding.textContent !== rules) {
      hiding.textContent = rules;
      table.style.setProperty('--columns',
                              shownColumns.filter(Boolean).length);
    }
    let shown = 0;
    for (const row of rows) {
      const verdicts = all ? row.verdicts :
                             row.verdicts.filter((_, i) => shownColumns[i]);
      const show =
          (!wanted.level.size || wanted.level.has(row.dataset.l)) &&
          (!wanted.verdict.size ||
           verdicts.some((v) => wanted.verdict.has(v))) &&
          (!wanted.differ.size || verdicts.some((v) => v !== verdicts[0])) &&
          words.every((w) => row.searchText.includes(w));
      row.hidden = !show;
      if (show) ++shown;
    }
    for (const body of bodies) {
      body.hidden = ![...body.rows].some(
          (row) => !row.hidden && row.className !== 'area');
    }
    $('.shown').textContent = shown + ' of ' + rows.length + ' clauses';
    $('.empty').hidden = shown > 0;
    clear.hidden = !words.length && all &&
        !Object.values(wanted).some((set) => set.size);
    fit();
    keepStop();
  }

  function clearFilters() {
    search.value = '';
    for (const set of Object.values(wanted)) set.clear();
    for (const chip of $$('button.chip')) {
      chip.setAttribute('aria-pressed', 'false');
    }
    for (const box of boxes) box.checked = true;
    apply();
  }

  for (const chip of $$('button.chip')) {
    chip.addEventListener('click', () => {
      const set = wanted[chip.dataset.k];
      const on = !set.has(chip.dataset.v);
      if (on) set.add(chip.dataset.v); else set.delete(chip.dataset.v);
      chip.setAttribute('aria-pressed', String(on));
      apply();
    });
  }
  for (const box of boxes) box.addEventListener('change', apply);
  search.addEventListener('input', apply);
  clear.addEventListener('click', () => {
    clearFilters();
    search.focus();
  });
  const menu = $('.menu');
  document.addEventListener('click', (e) => {
    if (menu && !menu.contains(e.target)) menu.open = false;
  });
  document.addEventListener('keydown', (e) => {
    if (e.key === '/' && !dialog.open && e.target !== search) {
      e.preventDefault();
      search.focus();
    } else if (e.key === 'Escape' && menu && menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  const more = $('#more');
  if (more) {
    more.addEventListener('click', () => {
      const hidden = $$('.failed li[hidden]');
      for (const li of hidden) li.hidden = false;
      hidden[0].querySelector('button').focus();
      more.remove();
    });
  }

  // ---- details ----
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
        button.focus();
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
    const column = columns[o.b];
    const name = o.n || rows[o.c].id;
    const head = element('h3');
    head.append(tag(o.v), element('span', 'id', name),
                element('span', 'dur', o.d.toFixed(3) + ' s'));
    body.append(head);
    if (o.r) body.append(element('p', '', o.r));
    for (const f of o.f || []) {
      body.append(pre(f.m));
      if (f.a) body.append(element('div', 'at', 'at ' + f.a));
    }
    if (o.e) {
      const note = element('p', 'expected', o.e);
      // From a file of the backend's: anything may be in it.
      if (/^https?:\/\//.test(o.k)) {
        const link = element('a', '', o.k);
        link.href = o.k;
        const [before, after] = o.e.split(o.k);
        if (after !== undefined) note.replaceChildren(before, link, after);
      }
      body.append(note);
    }
    if (o.t) {
      body.append(folded('Processes at the deadline', pre(o.t.join('\n')),
                         true));
    }
    if (o.l) body.append(folded('Left behind', pre(o.l.join('\n')), true));
    if (o.o) body.append(folded('Output', pre(o.o), !(o.f || []).length));
    const line = o.x || column.repro + ' --backend=' + column.backend +
                 ' --only=' + name + column.tail;
    const repro = element('div', 'repro');
    repro.append(pre(line), copyButton(line));
    body.append(element('div', 'at again', 'Run it again:'), repro);
  }

  function label(cell) {
    const v = cell.dataset.v;
    return v === 'NONE' ? cell.getAttribute('aria-label') : v;
  }

  function fill(clause, index) {
    const c = data.clauses[clause];
    const row = rows[clause];
    const column = columns[index];
    dialog.replaceChildren();
    const head = element('div', 'head');
    const title = element('h2');
    title.id = 'title';
    const link = element('a', 'id', row.id);
    link.href = '#' + row.id;
    link.addEventListener('click', (e) => {
      e.preventDefault();
      returnTo = row.cells[0].querySelector('a');
      dialog.close();
    });
    title.append(link);
    const close = element('button', 'btn', 'Close');
    close.addEventListener('click', () => dialog.close());
    head.append(title, close);
    const body = element('div', 'body');
    body.append(element('p', 'text', row.querySelector('p').textContent));
    const old = (c.texts || {})[column.version];
    if (old) {
      body.append(element('p', 'note', 'It was judged by specification ' +
          column.version + ', where it reads: ' + old));
    }
    const facts = element('dl');
    const fact = (name, value) => {
      if (value) facts.append(element('dt', '', name), element('dd', '', value));
    };
    fact('level', row.dataset.l);
    fact('platform', c.platform === 'all' ? '' : c.platform);
    fact('requires', (c.requires || []).join(', '));
    fact('since', c.since);
    fact('source', c.source);
    fact('notes', c.notes);
    fact('untestable', c.untestable);
    fact('in', 'spec/clauses/' + c.area + '.md');
    const ran = cases.get(clause + ' ' + index) || [];
    body.append(element('h3', 'on', 'On ' + column.name));
    if (!ran.length) {
      const why = label(row.cells[index + 1]);
      body.append(element('p', '', 'No case was run' +
                          (why === 'not run' ? '.' : ': ' + why + '.')));
    }
    for (const o of ran) showCase(o, body);
    if (columns.length > 1) {
      body.append(element('h3', '', 'On the others'));
      const others = element('div', 'others');
      columns.forEach((other, b) => {
        if (b === index) return;
        const cell = row.cells[b + 1];
        const button = element('button');
        button.append(tag(cell.dataset.v, other.name + ' ' + label(cell)));
        button.addEventListener('click', () => {
          history.replaceState(history.state, '', hashOf(clause, b));
          fill(clause, b);
        });
        others.append(button);
      });
      body.append(others);
    }
    body.append(element('h3', '', 'The clause'), facts);
    dialog.append(head, body);
    dialog.scrollTop = 0;
    if (!dialog.open) dialog.showModal();
    close.focus({preventScroll: true});
  }

  // A dialog has an address, and the way back closes it.
  function hashOf(clause, index) {
    return '#' + encodeURIComponent(rows[clause].id) + '@' +
        encodeURIComponent(columns[index].name);
  }

  function open(clause, index, from) {
    returnTo = from;
    history.pushState({dialog: true}, '', hashOf(clause, index));
    fill(clause, index);
  }

  let goingBack = false;  // to where the dialog was opened: not to be followed

  dialog.addEventListener('close', () => {
    if (history.state && history.state.dialog) {
      goingBack = true;
      history.back();
    } else if (location.hash.includes('@')) {
      history.replaceState(null, '', location.hash.split('@')[0]);
    }
    if (returnTo) returnTo.focus();
  });
  dialog.addEventListener('click', (e) => {
    if (e.target === dialog) dialog.close();  // the backdrop
  });
  addEventListener('popstate', () => {
    if (dialog.open && !(history.state && history.state.dialog)) {
      goingBack = true;
      dialog.close();
    }
  });

  function openCell(cell) {
    open(Number(cell.parentNode.dataset.i), cell.cellIndex - 1, cell);
  }

  table.addEventListener('click', (e) => {
    const toggle = e.target.closest('tr.area button');
    if (toggle) {
      const closed = toggle.closest('tbody').classList.toggle('closed');
      toggle.setAttribute('aria-expanded', String(!closed));
      keepStop();
      return;
    }
    const cell = e.target.closest('tr.r td');
    if (cell) openCell(cell);
  });
  for (const button of $$('.failed button')) {
    button.addEventListener('click', () => open(
        Number(button.dataset.c), Number(button.dataset.b), button));
  }

  // ---- keyboard: the matrix is one stop, arrows move within it ----
  // Asked of the state, not of the layout, which may have to be made for it.
  let stop = null;
  const rowShown = (row) => !row.hidden &&
      !row.parentNode.classList.contains('closed');
  const cellShown = (cell) =>
      rowShown(cell.parentNode) && shownColumns[cell.cellIndex - 1];

  function setStop(cell) {
    if (stop) stop.removeAttribute('tabindex');
    stop = cell;
    if (stop) stop.tabIndex = 0;
  }

  // The stop must be one that can be seen, else the matrix cannot be reached.
  function keepStop() {
    if (stop && cellShown(stop)) return;
    const row = rows.find(rowShown);
    setStop(row && [...row.cells].slice(1).find(cellShown) || null);
  }

  function next(cell, key, far) {
    const row = cell.parentNode;
    const across = [...row.cells].slice(1).filter(cellShown);
    const at = across.indexOf(cell);
    switch (key) {
      case 'ArrowLeft': return across[at - 1];
      case 'ArrowRight': return across[at + 1];
      case 'Home':
        return far ? rows.find(rowShown).cells[cell.cellIndex] : across[0];
      case 'End':
        return far ? rows.filter(rowShown).pop().cells[cell.cellIndex] :
                     across[across.length - 1];
    }
    const step = key === 'ArrowUp' ? -1 : 1;
    let i = Number(row.dataset.i) + step;
    while (rows[i] && !rowShown(rows[i])) i += step;
    return rows[i] && rows[i].cells[cell.cellIndex];
  }

  table.addEventListener('keydown', (e) => {
    const cell = e.target.closest('tr.r td');
    if (!cell || e.altKey || e.metaKey) return;
    if (e.key === 'Enter' || e.key === ' ') {
      e.preventDefault();
      openCell(cell);
    } else if (/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(e.key)) {
      e.preventDefault();
      const to = next(cell, e.key, e.ctrlKey);
      if (!to) return;
      setStop(to);
      to.focus({preventScroll: true});
      to.scrollIntoView({block: 'nearest', inline: 'nearest'});
    }
  });
  table.addEventListener('mousedown', (e) => {
    const cell = e.target.closest('tr.r td');
    if (cell) setStop(cell);
  });
  table.addEventListener('mouseover', (e) => {
    const cell = e.target.closest('tr.r td');
    if (cell) cell.title = columns[cell.cellIndex - 1].name + ': ' + label(cell);
  });

  // A link to a clause shows it, whatever is folded or filtered away, and one
  // to a case opens it.
  function follow() {
    const [id, name] = location.hash.slice(1).split('@').map((part) => {
      try {
        return decodeURIComponent(part);
      } catch (e) {
        return '';  // not of our making
      }
    });
    const row = document.getElementById(id);
    if (!row || !row.matches('tr.r')) return;
    if (row.hidden) clearFilters();
    row.closest('tbody').classList.remove('closed');
    row.closest('tbody').querySelector('button')
        .setAttribute('aria-expanded', 'true');
    row.scrollIntoView({block: 'center'});
    for (const marked of $$('tr.here')) marked.classList.remove('here');
    row.classList.add('here');
    const index = columns.findIndex((c) => c.name === name);
    if (index >= 0 && !dialog.open) {
      returnTo = row.cells[index + 1];
      setStop(returnTo);
      fill(Number(row.dataset.i), index);
    }
  }
  addEventListener('hashchange', () => {
    if (!goingBack) follow();
    goingBack = false;
  });
  addEventListener('resize', fit);
  apply();
  follow();
})();
