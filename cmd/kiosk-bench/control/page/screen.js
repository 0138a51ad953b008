// The picture of the kiosk's screen: it comes several times a second while the
// page is looked at; clicks and keys go back as real input.
"use strict";

/* ---- the screen ---- */

let tag = "", screenTimer = 0, fast = 0, showing = false;
function screenSoon() { fast = performance.now() + 2500; if (!showing) screen(0); }
function screen(delay) {
  clearTimeout(screenTimer);
  screenTimer = setTimeout(readScreen, delay);
}
async function readScreen() {
  if (document.hidden || showing) return;
  showing = true;
  let wait = performance.now() < fast ? 70 : 220;
  try {
    const answer = await fetch("/api/screen.png", { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 200) {
      await paint(await answer.blob());
      tag = answer.headers.get("ETag") || "";
    } else if (answer.status !== 304) throw new Error();
    $("curtain").hidden = true;
  } catch {
    $("curtain").textContent = t("noScreen");
    $("curtain").hidden = false;
    wait = 1000;
  }
  showing = false;
  screen(wait);
}
async function paint(blob) {
  const bitmap = await createImageBitmap(blob);
  const picture = $("picture"), aside = $("aside");
  if (picture.width !== bitmap.width || picture.height !== bitmap.height) {
    [picture.width, picture.height] = [bitmap.width, bitmap.height];
    $("device").style.setProperty("--ratio", String(bitmap.width / bitmap.height));
  }
  picture.getContext("2d").drawImage(bitmap, 0, 0);
  aside.getContext("2d").drawImage(bitmap, 0, 0, aside.width, aside.height);
  bitmap.close();
}

function tap(event) {
  const box = $("screen").getBoundingClientRect(), picture = $("picture");
  const fx = (event.clientX - box.left) / box.width, fy = (event.clientY - box.top) / box.height;
  const at = (f, size) => Math.min(size - 1, Math.max(0, Math.floor(f * size)));
  const ring = document.createElement("i");
  ring.className = "ripple";
  ring.style.left = fx * 100 + "%";
  ring.style.top = fy * 100 + "%";
  ring.addEventListener("animationend", () => ring.remove());
  $("screen").append(ring);
  act("POST", "/api/tap", { x: at(fx, picture.width), y: at(fy, picture.height) });
}

/* ---- the keyboard: one thing after the other, letters in a row together ---- */

const KEYS = {
  Enter: "enter", Tab: "tab", Escape: "escape", Backspace: "backspace", Delete: "delete", Insert: "insert", Home: "home",
  End: "end", PageUp: "pageup", PageDown: "pagedown", ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up",
  ArrowDown: "down", ContextMenu: "menu",
};
const MOST = 3000; // UTF-16 units in one request; the server takes 4000 characters and 16 KiB
const queue = [];
let sending = false;
async function send(item) {
  const last = queue.at(-1);
  if (item.text && last?.text && last.text.length + item.text.length < MOST) last.text += item.text; else queue.push(item);
  if (sending) return;
  sending = true;
  while (queue.length) {
    const next = queue.shift();
    const ok = await (next.text ? act("POST", "/api/type", { text: next.text }) : act("POST", "/api/key", { key: next.key }));
    if (!ok) queue.length = 0; // what follows was meant for a screen that did not come
  }
  sending = false;
}
function keydown(event) {
  if (event.key === "Escape" && event.shiftKey) { // the way out for those who use no mouse
    event.preventDefault();
    $("help").focus();
    return;
  }
  const chord = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  let name = KEYS[event.key] ?? (/^F([1-9]|1[0-2])$/.test(event.key) ? event.key.toLowerCase() : "");
  if (!name && chord && event.key.length === 1) name = event.key === " " ? "space" : event.key.toLowerCase();
  if (!name || event.isComposing) return; // a letter: it comes as input, accents and all
  event.preventDefault();
  const held = [[event.ctrlKey, "ctrl"], [event.altKey, "alt"], [event.shiftKey, "shift"], [event.metaKey, "super"]];
  send({ key: [...held.filter(([on]) => on).map(([, n]) => n), name].join("+") });
}
function typed(event) {
  if (event.isComposing) return;
  const text = $("input").value;
  $("input").value = "";
  const characters = [...text.replace(/\r\n?/g, "\n")]; // a pasted text may be long
  for (let i = 0; i < characters.length; i += MOST / 2) send({ text: characters.slice(i, i + MOST / 2).join("") });
}

function wireScreen() {
  $("input").addEventListener("click", tap);
  $("input").addEventListener("keydown", keydown);
  $("input").addEventListener("input", typed);
  $("input").addEventListener("compositionend", typed);
}
