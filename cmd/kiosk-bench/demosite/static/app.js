'use strict';

// Drafts: what is typed is kept at once, as many sites do, in localStorage and
// in IndexedDB, until the request is sent or the person signs out. Strings
// only.
const draftKey = (name) => 'brouillon:' + name;

const database = () => new Promise((resolve, reject) => {
  const request = indexedDB.open('brouillons', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('pages');
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const inStore = async (mode, act) => {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction('pages', mode);
      const request = act(transaction.objectStore('pages'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
};

const quietly = (promise) => promise.catch(() => undefined); // a browser may refuse storage

function saveDraft(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    values[name] = value;
  }
  const text = JSON.stringify(values);
  try {
    localStorage.setItem(draftKey(form.dataset.draft), text);
  } catch { /* a browser may refuse storage */ }
  return quietly(inStore('readwrite', (store) => store.put(text, form.dataset.draft)));
}

async function readDraft(name) {
  let text = null;
  try {
    text = localStorage.getItem(draftKey(name));
  } catch { /* a browser may refuse storage */ }
  text = text || await quietly(inStore('readonly', (store) => store.get(name)));
  try {
    return JSON.parse(text || '{}');
  } catch {
    return {};
  }
}

async function keepDrafts(form) {
  const status = form.querySelector('.draft');
  form.addEventListener('input', async () => {
    await saveDraft(form);
    if (status) {
      status.textContent = status.dataset.saved;
    }
  });
  const values = await readDraft(form.dataset.draft);
  for (const [name, value] of Object.entries(values)) {
    const fields = [...form.querySelectorAll('[name]')].filter((f) => f.name === name && f.type !== 'hidden');
    if (fields.length > 1 && !fields.some((f) => f.checked)) {
      fields.filter((f) => f.value === value).forEach((f) => { f.checked = true; });
    } else if (fields.length === 1 && fields[0].value === '') {
      fields[0].value = value;
      fields[0].dispatchEvent(new Event('restored'));
    }
  }
}

function clearDrafts() {
  try {
    Object.keys(localStorage).filter((key) => key.startsWith(draftKey(''))).forEach((key) => localStorage.removeItem(key));
  } catch { /* a browser may refuse storage */ }
  quietly(inStore('readwrite', (store) => store.clear()));
}

// Checks: the same rules as the server's, in the same words, before sending.
function isPastDate(text) {
  const parts = text.split(/[ /.-]+/).filter(Boolean).map(Number);
  const [day, month, year] = parts;
  const date = new Date(year, month - 1, day);
  return parts.length === 3 && year > 1850 && date.getDate() === day && date.getMonth() === month - 1 && date <= new Date();
}

function problemOf(field) {
  const inputs = [...field.querySelectorAll('input')];
  const choice = inputs[0].type === 'radio' || inputs[0].type === 'checkbox';
  const value = choice ? (inputs.find((i) => i.checked)?.value ?? '') : inputs[0].value.trim();
  if (value === '') {
    return field.dataset.empty ?? '';
  }
  const wrong = (field.dataset.pattern && !new RegExp(field.dataset.pattern).test(value)) || ('date' in field.dataset && !isPastDate(value));
  return wrong ? field.dataset.wrong : '';
}

function showProblem(field, text) {
  const line = field.querySelector('.problem');
  line.textContent = text;
  line.hidden = text === '';
  field.classList.toggle('wrong', text !== '');
  field.querySelectorAll('input:not([type=radio])').forEach((i) => {
    text ? i.setAttribute('aria-invalid', 'true') : i.removeAttribute('aria-invalid');
  });
}

function listMistakes(mistakes) {
  const box = document.getElementById('mistakes');
  box.hidden = mistakes.length === 0;
  if (box.hidden) {
    return;
  }
  box.querySelector('h2').textContent = mistakes.length === 1 ? box.dataset.one : box.dataset.many.replace('1000', mistakes.length);
  box.querySelector('ul').replaceChildren(...mistakes.map(({ field, text }) => {
    const link = document.createElement('a');
    link.href = '#' + (field.id || field.querySelector('input').id);
    link.textContent = text;
    const item = document.createElement('li');
    item.append(link);
    return item;
  }));
  box.focus();
  box.scrollIntoView({ block: 'start' });
}

function checkBeforeSending(form) {
  form.addEventListener('submit', (event) => {
    const mistakes = [];
    for (const field of form.querySelectorAll('.field')) {
      const text = problemOf(field);
      showProblem(field, text);
      if (text) {
        mistakes.push({ field, text });
      }
    }
    listMistakes(mistakes);
    if (mistakes.length > 0) {
      event.preventDefault();
    }
  });
  // A mistake that is put right stops being shown at once.
  form.addEventListener('input', (event) => {
    const field = event.target.closest('.field.wrong');
    if (field && !problemOf(field)) {
      showProblem(field, '');
    }
  });
}

function mirror(input) {
  const target = document.getElementById(input.dataset.mirror);
  const copy = () => { target.textContent = input.value.trim() || target.dataset.empty; };
  ['input', 'restored'].forEach((name) => input.addEventListener(name, copy));
  copy();
}

document.querySelectorAll('[data-mirror]').forEach(mirror);
document.querySelectorAll('form[data-draft]').forEach((form) => quietly(keepDrafts(form)));
document.querySelectorAll('form[data-check]').forEach(checkBeforeSending);
document.querySelectorAll('[data-print]').forEach((button) => button.addEventListener('click', () => window.print()));
if (document.querySelector('[data-clear-drafts]')) {
  clearDrafts();
}

// Typing must reach the first field without a tap, and mistakes come first.
const mistakes = document.getElementById('mistakes');
if (mistakes && !mistakes.hidden) {
  mistakes.focus();
} else if (document.activeElement === document.body) {
  document.querySelector('[autofocus]')?.focus();
}

if ('serviceWorker' in navigator && document.body.classList.contains('town')) {
  quietly(navigator.serviceWorker.register('/sw.js'));
}
