// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0
'use strict';
// What page_test.py asks of the page.
window.check = {
  // [{id, cells: [verdict]}] of the rows that can be seen.
  rows: () => [...document.querySelectorAll('tr.r')]
      .filter((row) => row.getClientRects().length > 0)
      .map((row) => ({
        id: row.id,
        cells: [...row.querySelectorAll('td')]
            .filter((cell) => cell.getClientRects().length > 0)
            .map((cell) => cell.dataset.v),
      })),

  dialog: () => {
    const dialog = document.querySelector('dialog');
    return dialog.open ? dialog.innerText : null;
  },

  active: () => {
    const e = document.activeElement;
    const row = e.closest('tr.r');
    return {
      tag: e.tagName,
      id: e.id,
      text: e.textContent.slice(0, 80),
      row: row && row.id,
      column: e.cellIndex,
      inDialog: !!e.closest('dialog'),
      outline: getComputedStyle(e).outlineStyle !== 'none' &&
               parseFloat(getComputedStyle(e).outlineWidth) >= 2,
    };
  },

  // How far the page can be scrolled sideways, and the dialog in it.
  sideways: () => [document.documentElement, document.querySelector('dialog')]
      .map((e) => Math.max(0, e.scrollWidth - e.clientWidth)),

  inView: (selector) => {
    const r = document.querySelector(selector).getBoundingClientRect();
    return r.top >= 0 && r.bottom <= innerHeight;
  },

  // Texts whose contrast with what is behind them is below 4.5, and how many
  // were looked at.
  contrast: () => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    const cache = new Map();
    const rgba = (colour) => {
      if (!cache.has(colour)) {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        cache.set(colour, [r, g, b, a / 255]);
      }
      return cache.get(colour);
    };
    const over = (top, below) => [0, 1, 2].map(
        (i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const luminance = (c) => {
      const [r, g, b] = c.map((v) => {
        v /= 255;
        return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => {
      const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
      return (high + 0.05) / (low + 0.05);
    };
    const base = getComputedStyle(document.documentElement).colorScheme &&
        matchMedia('(prefers-color-scheme: dark)').matches ?
        [18, 18, 18, 1] : [255, 255, 255, 1];
    const behind = (element) => {
      const layers = [];
      for (let e = element; e; e = e.parentElement) {
        const c = rgba(getComputedStyle(e).backgroundColor);
        layers.push(c);
        if (c[3] === 1) break;
      }
      return layers.reverse().reduce((below, c) => over(c, below), base);
    };
    const opacity = (element) => {
      let all = 1;
      for (let e = element; e; e = e.parentElement) {
        all *= Number(getComputedStyle(e).opacity);
      }
      return all;
    };
    const poor = [];
    let seen = 0;
    const look = (element, pseudo, text) => {
      const back = behind(element);
      const c = rgba(getComputedStyle(element, pseudo).color);
      const front = over([c[0], c[1], c[2], c[3] * opacity(element)], back);
      ++seen;
      const r = ratio(front, back);
      if (r < 4.5) {
        poor.push(`${text.trim().slice(0, 40)} (${element.tagName}.` +
                  `${element.className}${pseudo || ''}): ${r.toFixed(2)}`);
      }
    };
    const done = new Set();
    const many = 'tbody:nth-of-type(n + 3) *, tr.r:nth-child(n + 40) *';
    for (const e of document.body.querySelectorAll('*')) {
      if (e.matches(many) || ['SCRIPT', 'STYLE'].includes(e.tagName) ||
          !e.getClientRects().length) {
        continue;
      }
      // Those alike in looks are looked at once.
      const text = [...e.childNodes].filter((n) => n.nodeType === 3)
          .map((n) => n.data).join('');
      const key = e.tagName + e.className + '|' + e.parentElement.className +
          '|' + e.parentElement.tagName + '|' + !!text.trim() + '|' +
          e.closest('dialog, .tools, .cards, .failed, tbody, header')?.tagName +
          getComputedStyle(e).color + getComputedStyle(e).backgroundColor;
      if (done.has(key)) continue;
      done.add(key);
      if (text.trim()) look(e, null, text);
      if (e.placeholder) look(e, '::placeholder', e.placeholder);
      for (const pseudo of ['::before', '::after']) {
        const content = getComputedStyle(e, pseudo).content;
        if (content !== 'none' && content !== 'normal') look(e, pseudo, content);
      }
    }
    return {poor, seen};
  },
};
