// The kiosk's chime: the bench has no loudspeaker, so the page sounds it.
// Browsers are silent until the person has done something on the page.
"use strict";

let audio = null, quietly = false;
try { quietly = localStorage.getItem("quiet") === "yes"; } catch { /* then it sounds */ }

function wake() {
  audio ??= new AudioContext();
  audio.onstatechange = drawSound;
  if (audio.state === "suspended") audio.resume().catch(() => {});
  drawSound();
}
function drawSound() {
  const on = !quietly && audio?.state === "running";
  $("sound").setAttribute("aria-pressed", String(on));
  $("sound-text").textContent = t(on ? "soundOn" : quietly ? "soundOff" : "soundAsleep");
}
// note plays one struck note: a sine and a softer one two octaves above it.
function note(hertz, at, seconds) {
  for (const [factor, loud] of [[1, 0.22], [4, 0.03]]) {
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = hertz * factor;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(loud, at + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0005, at + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
  }
}
// chime sounds, and shows that it did for those who do not hear it.
function chime() {
  $("sound").classList.remove("rings");
  requestAnimationFrame(() => $("sound").classList.add("rings"));
  if (quietly || audio?.state !== "running") return;
  note(784, audio.currentTime, 1.1);
  note(587, audio.currentTime + 0.32, 1.5);
}
function wireSound() {
  for (const gesture of ["pointerdown", "keydown"]) {
    document.addEventListener(gesture, (e) => { if (!$("sound").contains(e.target)) wake(); }, { capture: true });
  }
  $("sound").addEventListener("click", () => {
    quietly = !quietly && audio?.state === "running";
    try { localStorage.setItem("quiet", quietly ? "yes" : "no"); } catch { /* the choice then lasts as long as the page */ }
    wake();
  });
  $("sound").addEventListener("animationend", () => $("sound").classList.remove("rings"));
  drawSound();
}
