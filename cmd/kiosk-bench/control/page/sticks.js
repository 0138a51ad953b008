// Sticks on the control page: which is in the port, and what the kiosk said.
"use strict";

function rack() {
  const focused = document.activeElement?.dataset?.stick;
  $("rack").replaceChildren(...bench.sticks.map((name) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "stick";
    b.textContent = t("k_" + name);
    b.title = t("kt_" + name);
    b.dataset.stick = name;
    b.addEventListener("click", () => plug(bench.stick === name ? "" : name));
    return b;
  }));
  if (focused) $("rack").querySelector(`[data-stick="${focused}"]`)?.focus();
}
function plug(name) {
  return name ? act("POST", "/api/example-stick", { name }) : act("DELETE", "/api/stick");
}

// told is what is in the port, and what the kiosk has told a technician last.
function drawSticks() {
  const { stick } = bench, { step, code, says } = state.work;
  for (const b of $("rack").children) b.setAttribute("aria-pressed", String(b.dataset.stick === stick));
  $("pull").disabled = !stick;
  const port = stick ? t("inPort", t("k_" + stick)) : t("portEmpty");
  const word = says?.[lang] || (step ? t("w_" + step) : "");
  const text = [port, word ? t("kioskSays", word) : t("sticksHint"), code].filter(Boolean).join("\n");
  if ($("told").dataset.text === text) return; // a screen reader says it once
  $("told").dataset.text = text;
  const line = (content, name) => Object.assign(document.createElement("span"), { className: name, textContent: content });
  const parts = [line(port, "port"), line(word ? t("kioskSays", word) : t("sticksHint"), "")];
  if (code) parts.splice(1, 0, line(code, "code"));
  $("told").replaceChildren(...parts);
}

function wireSticks() {
  $("pull").addEventListener("click", () => plug(""));
  $("service").addEventListener("click", () => act("POST", "/api/service-switch"));
}
