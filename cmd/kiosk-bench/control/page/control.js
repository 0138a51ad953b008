// The control page: shows a kiosk on the bench and does to it what a person
// could do. Everything comes from the JSON API of the same server.
"use strict";

const $ = (id) => document.getElementById(id);
let lang = "fr";
let state = null; // GET /api/state
let bench = null; // GET /api/bench
const t = (key, ...args) => (WORDS[lang][key] ?? key).replace(/\{(\d)\}/g, (_, i) => args[i]);

/* ---- talking to the server ---- */

async function call(method, path, body) {
  const answer = await fetch(path, { method, cache: "no-store", body: body && JSON.stringify(body) });
  const data = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(data.error || answer.statusText);
  return data;
}

// act does something to the kiosk; a refusal is shown in the server's words.
async function act(method, path, body) {
  try {
    await call(method, path, body);
    return true;
  } catch (e) {
    toast(t("refused", e.message));
    return false;
  } finally {
    refresh(30);
    screenSoon();
  }
}

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("on"), 6000);
}

// refresh reads state and bench again, now and then every second. One reading
// is under way at a time.
let refreshTimer = 0, reading = false, again = false;
function refresh(delay) {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(readState, delay);
}
async function readState() {
  if (reading) { again = true; return; }
  reading = true;
  try {
    [state, bench] = await Promise.all([call("GET", "/api/state"), call("GET", "/api/bench")]);
    draw();
  } catch {
    link(false);
  }
  reading = false;
  if (again) { again = false; refresh(30); } else if (!document.hidden) refresh(1000);
}

let live = null;
function link(on) {
  live = on;
  $("link").className = "link " + (on === null ? "" : on ? "on" : "off");
  const text = t(on === null ? "connecting" : on ? "connected" : "lost");
  if ($("link-text").textContent !== text) $("link-text").textContent = text;
}

/* ---- badges ---- */

function badge(card, tagName) {
  const b = document.createElement(tagName);
  b.className = "badge " + card;
  b.textContent = t("c_" + card);
  b.dataset.card = card;
  return b;
}
function deck() {
  const focused = document.activeElement?.dataset?.card;
  $("deck").replaceChildren(...bench.cards.map((card) => {
    const b = badge(card, "button");
    b.type = "button";
    b.draggable = true;
    b.addEventListener("click", () => lay(bench.card === card ? "" : card));
    b.addEventListener("dragstart", (e) => { e.dataTransfer.setData("text/plain", card); e.dataTransfer.effectAllowed = "copy"; });
    return b;
  }));
  $("cards-hint").textContent = t("cardsHint", bench.pin);
  if (focused) $("deck").querySelector(`[data-card="${focused}"]`)?.focus();
}
async function lay(card) {
  if (bench.card && !(await act("DELETE", "/api/badge"))) return;
  if (card) await act("POST", "/api/badge", { card });
}
function drawReader() {
  const gone = bench.faults.reader === "gone", card = bench.card;
  $("reader").className = "reader" + (card ? " full" : "") + (gone ? " gone" : "");
  $("reader-text").textContent = t(gone ? "readerGone" : "readerEmpty");
  $("laid").hidden = $("take").hidden = !card;
  if (card) $("laid").replaceChildren(badge(card, "span")); else $("laid").replaceChildren();
  for (const b of $("deck").children) b.setAttribute("aria-pressed", String(b.dataset.card === card));
}

/* ---- the session's diagram ---- */

const NODES = {
  idle: [66, 26], active: [210, 26], warning: [354, 26], wiping: [66, 88], consent: [210, 88], assisted: [354, 88],
  "out-of-service": [66, 150], unprovisioned: [210, 150], maintenance: [354, 150],
};
const ARROWS = [ // from, to, and "both" where the way back exists
  ["idle", "active"], ["active", "warning", "both"], ["active", "consent", "both"], ["consent", "assisted"],
  ["assisted", "active"], ["active", "wiping"], ["wiping", "idle"], ["wiping", "out-of-service", "both"],
  ["unprovisioned", "maintenance", "both"],
];
function svg(name, attributes, text) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text) e.textContent = text;
  return e;
}
// edge returns where the line between two nodes leaves the first one.
function edge([x, y], [tx, ty]) {
  const dx = tx - x, dy = ty - y, k = Math.min(60 / Math.abs(dx || 1e-9), 19 / Math.abs(dy || 1e-9));
  return [x + dx * k, y + dy * k];
}
function diagram() {
  const marker = svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" });
  marker.append(svg("path", { d: "M0 0 8 4 0 8z" }));
  const defs = svg("defs", {});
  defs.append(marker);
  const lines = ARROWS.map(([from, to, both]) => {
    const [x1, y1] = edge(NODES[from], NODES[to]), [x2, y2] = edge(NODES[to], NODES[from]);
    return svg("line", { x1, y1, x2, y2, "marker-end": "url(#tip)", ...(both && { "marker-start": "url(#tip)" }) });
  });
  const nodes = Object.entries(NODES).map(([name, [x, y]]) => {
    const g = svg("g", { class: "node " + name, "data-state": name });
    g.append(svg("rect", { x: x - 58, y: y - 17, width: 116, height: 34, rx: 10 }), svg("text", { x, y: y + 0.5 }, t("s_" + name)));
    return g;
  });
  const bell = svg("circle", { class: "bell", cx: NODES.active[0] + 56, cy: NODES.active[1] - 15, r: 7, id: "bell" });
  $("diagram").replaceChildren(defs, ...lines, ...nodes, bell);
}

/* ---- drawing what is ---- */

function title(id) {
  const p = bench.procedures.find((p) => p.id === id);
  return p ? p.titles[lang] || p.titles.fr || Object.values(p.titles)[0] || id : id;
}
function chip(text, colour) {
  const c = document.createElement("span");
  c.className = "chip " + (colour || "");
  c.textContent = text;
  return c;
}
const filmWord = (v) => t(v === "clear" ? "clear_film" : v === "unknown" ? "unknown_film" : v);

let said = "";
function drawSession(s) {
  for (const g of $("diagram").querySelectorAll(".node")) g.classList.toggle("on", g.dataset.state === (["pin", "masking"].includes(s.state) ? "consent" : s.state));
  $("bell").style.display = s.help_called ? "" : "none";
  const words = [t("s_" + s.state)];
  const chips = [];
  if (s.mode) chips.push(chip(t(s.mode + "_mode"), s.mode === "alone" ? "" : "blue"));
  if (s.help_called) chips.push(chip(t("helpCalled"), "amber"));
  const doing = s.procedure ? title(s.procedure) : t("nobody");
  const all = [...words, ...chips.map((c) => c.textContent), doing].join(", ");
  if (all === said) return;
  said = all;
  $("now").replaceChildren(words[0], ...chips);
  $("doing").textContent = doing;
  $("diagram").setAttribute("aria-label", all);
  $("say").textContent = t("session") + " : " + all;
  for (const [id, states] of [["act-choose", ["idle"]], ["act-accept", ["consent"]], ["act-refuse", ["consent"]],
    ["act-continue", ["warning"]], ["act-end", ["active", "warning", "pin", "consent", "masking", "assisted"]]]) {
    $(id).classList.toggle("ready", states.includes(s.state));
    $(id).disabled = !states.includes(s.state);
  }
}
function drawFilm(f) {
  $("film").dataset.sensed = f.sensed || "unknown";
  for (const [id, v] of [["film-commanded", f.commanded], ["film-sensed", f.sensed]]) {
    $(id).textContent = filmWord(v);
    $(id).dataset.v = v;
  }
  const bad = f.sensed !== f.commanded;
  $("film").classList.toggle("bad", bad);
  $("film-note").textContent = t(f.sensed === "unknown" ? "filmUnknown" : bad ? "filmDiffers" : f.sensed === "clear" ? "filmClear" : "filmPrivate");
}
// drawChecks lists what a look at a view from outside found.
let checked = "";
function drawChecks({ checks, memory_limit_mib }) {
  const now = lang + JSON.stringify(checks) + memory_limit_mib;
  if (now === checked) return;
  checked = now;
  const all = checks ?? [];
  $("isolation-count").textContent = all.length ? t("checked", all.filter((c) => c.holds).length, all.length, memory_limit_mib) : "–";
  $("checks").replaceChildren(...all.map((c) => {
    const li = document.createElement("li");
    li.className = c.holds ? "good" : c.needed ? "bad" : "warn";
    const words = WORDS[lang]["i_" + c.name] ?? c.name;
    li.textContent = (c.holds ? "✓ " : "✗ ") + words + (c.why ? " : " + c.why : "");
    return li;
  }));
}
function drawTiles({ wipe, usage, view }) {
  $("wipe-count").textContent = wipe.count;
  $("wipe-last").textContent = wipe.last ? t(wipe.last, wipe.millis) : t("none_yet");
  $("tile-wipe").className = wipe.last === "failed" ? "bad" : wipe.last ? "good" : "";
  $("usage-committed").textContent = usage.committed;
  $("usage-pending").textContent = t("pending", usage.pending);
  $("spare").textContent = t(view.spare ? "ready" : "notReady");
  $("tile-spare").className = view.spare ? "good" : "";
  const weak = view.isolation === "weak"; // "" while the kiosk starts
  $("isolation").textContent = weak ? t("weak_word") : view.isolation ? t("full") : "–";
  $("tile-isolation").className = weak ? "warn" : view.isolation ? "good" : "";
  $("weak").hidden = !weak;
  drawChecks(view);
  $("host").textContent = view.host ? t("site", view.host) : t("ownPages");
}
const LAMP = { off: "lampOff", help: "lampHelp", assisted: "lampAssisted", fault: "lampFault" };
function draw() {
  if (!$("deck").children.length) { deck(); rack(); faults(); choices(); }
  drawSession(state.session);
  drawFilm(state.film);
  drawTiles(state);
  $("lamp").dataset.light = state.indicator;
  $("lamp-text").textContent = t(LAMP[state.indicator] ?? state.indicator);
  $("lamp").setAttribute("aria-label", t("lamp") + " : " + $("lamp-text").textContent);
  drawReader();
  drawSticks();
  for (const b of $("faults").querySelectorAll("button")) {
    const now = bench.faults[b.dataset.part] ?? (["relay", "reader"].includes(b.dataset.part) ? "none" : "");
    if (now) b.setAttribute("aria-pressed", String(b.dataset.kind === now));
  }
}

/* ---- faults and procedures ---- */

function faults() {
  const parts = [...new Set(bench.fault_kinds.map((f) => f.part))];
  $("faults").replaceChildren(...parts.map((part) => {
    const row = document.createElement("div"), name = document.createElement("span"), group = document.createElement("div");
    row.className = "fault";
    name.textContent = t("f_" + part);
    name.id = "f-" + part;
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", name.id);
    for (const { kind } of bench.fault_kinds.filter((f) => f.part === part && WORDS.fr[`f_${part}_${f.kind}`])) {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = t(`f_${part}_${kind}`);
      Object.assign(b.dataset, { part, kind });
      b.addEventListener("click", () => act("POST", "/api/fault", { part, kind }));
      group.append(b);
    }
    row.append(name, group);
    return row;
  }));
}
function choices() {
  const chosen = $("procedure").value;
  $("procedure").replaceChildren(...bench.procedures.map((p) => new Option(title(p.id), p.id)));
  if (chosen) $("procedure").value = chosen;
  $("keys").replaceChildren(...["ctrl+shift+i", "alt+f4", "ctrl+t", "ctrl+p", "f5", "super", ...bench.keys].map((k) => new Option(k)));
}

/* ---- events ---- */

const KEPT = 500; // lines in the list
let lastID = 0, lastMS = null, events = [];
let atEnd = true; // the list follows its end until somebody scrolls away from it
// A value is shown in the reader's language where it is a word of the contract.
function valueWord({ event, value = "" }) {
  if (event === "film" || event === "film-command") return filmWord(value);
  if (event === "badge") return t({ left: "v_left", none: "v_none" }[value] ?? "c_" + value);
  if (event === "indicator") return t(LAMP[value] ?? value);
  if (event === "fault") {
    const [part, kind] = value.split(" ");
    return WORDS.fr[`f_${part}_${kind}`] ? t("f_" + part) + " " + t(`f_${part}_${kind}`) : value;
  }
  for (const key of [event === "counted" ? "o_" + value : "", "s_" + value, "v_" + value]) if (WORDS.fr[key]) return t(key);
  return value;
}
function line(e, gap) {
  const li = document.createElement("li");
  if (/^[a-z-]+$/.test(e.event)) li.className = "e-" + e.event;
  const ms = new Intl.NumberFormat(lang).format(e.ms) + " ms";
  const what = WORDS.fr["e_" + e.event] ? t("e_" + e.event) : e.event;
  for (const [name, text] of [["ms", ms], ["gap", gap === null ? "" : "+" + new Intl.NumberFormat(lang).format(gap)], ["what", what], ["value", valueWord(e)]]) {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    if (name === "value") span.title = text;
    li.append(span);
  }
  return li;
}
function append(e) {
  const log = $("log");
  log.querySelector(".empty")?.remove();
  log.append(line(e, lastMS === null ? null : e.ms - lastMS));
  lastMS = e.ms;
  while (log.children.length > KEPT) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}
function relist() {
  lastMS = null;
  const empty = document.createElement("li");
  empty.className = "empty";
  empty.textContent = t("logEmpty");
  $("log").replaceChildren(empty);
  events.forEach(append);
}
function listen() {
  const source = new EventSource("/api/events");
  let replayed = Infinity; // until then events are those kept from before
  source.addEventListener("open", () => { link(true); refresh(0); replayed = performance.now() + 500; });
  source.addEventListener("error", () => {
    link(false);
    // The browser comes back by itself, unless the answer was not a stream.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
  source.addEventListener("message", ({ data, lastEventId }) => {
    const e = JSON.parse(data), id = Number(lastEventId);
    if (e.event !== "lost") {
      if (id <= lastID) { events = []; relist(); } // the bench was started again
      lastID = id;
    }
    events.push(e);
    if (events.length > KEPT) events.shift();
    append(e);
    if (e.event === "chime" && performance.now() > replayed) chime();
    if (live !== true) link(true);
    refresh(60);
    screenSoon();
  });
}

/* ---- language ---- */

function speak(code) {
  lang = WORDS[code] ? code : "fr";
  try { localStorage.setItem("lang", lang); } catch { /* the choice then lasts as long as the page */ }
  document.documentElement.lang = lang;
  document.title = t("title");
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  for (const b of document.querySelectorAll("[data-lang]")) b.setAttribute("aria-pressed", String(b.dataset.lang === lang));
  $("weak").textContent = t("weak");
  $("key").placeholder = "ctrl+shift+i";
  link(live);
  diagram();
  drawSound();
  said = "";
  relist();
  if (bench) { deck(); rack(); faults(); choices(); }
  if (state && bench) draw();
}

/* ---- start ---- */

function start() {
  let saved = "fr";
  try { saved = localStorage.getItem("lang") || "fr"; } catch { /* French */ }
  speak(saved);
  for (const b of document.querySelectorAll("[data-lang]")) b.addEventListener("click", () => speak(b.dataset.lang));
  wireScreen();
  wireSticks();
  $("help").addEventListener("click", () => act("POST", "/api/help-button"));
  $("take").addEventListener("click", () => lay(""));
  $("act-end").addEventListener("click", () => act("POST", "/api/end"));
  $("act-continue").addEventListener("click", () => act("POST", "/api/continue"));
  $("act-accept").addEventListener("click", () => act("POST", "/api/consent", { accept: true }));
  $("act-refuse").addEventListener("click", () => act("POST", "/api/consent", { accept: false }));
  $("choose").addEventListener("submit", (e) => { e.preventDefault(); act("POST", "/api/procedure", { id: $("procedure").value }); });
  $("press").addEventListener("submit", (e) => { e.preventDefault(); if ($("key").value) act("POST", "/api/key", { key: $("key").value }); });
  $("clear").addEventListener("click", () => { events = []; relist(); });
  const log = $("log"), reader = $("reader");
  log.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30; });
  new ResizeObserver(() => { if (atEnd) log.scrollTop = log.scrollHeight; }).observe(log);
  reader.addEventListener("dragover", (e) => { e.preventDefault(); reader.classList.add("over"); });
  reader.addEventListener("dragleave", () => reader.classList.remove("over"));
  reader.addEventListener("drop", (e) => {
    e.preventDefault();
    reader.classList.remove("over");
    const card = e.dataTransfer.getData("text/plain");
    if (bench?.cards.includes(card)) lay(card);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { refresh(0); screen(0); } });
  wireSound();
  listen();
  refresh(0);
  screen(0);
}
start();
