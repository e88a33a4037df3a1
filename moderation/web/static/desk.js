// The review desk's keys, drafts and clocks. Without it the pages still work, by forms and links.
"use strict";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const decision = () => one("#decision");
const verdicts = () => all("input[type=radio][name$='.verdict']");

// ---- Clocks: [data-left] holds seconds, .left inside it shows them ----
function tick() {
  for (const clock of all("[data-left]")) {
    clock.ends ??= performance.now() + Number(clock.dataset.left) * 1000;
    const left = Math.max(0, Math.round((clock.ends - performance.now()) / 1000));
    const shown = clock.classList.contains("left") ? clock : one(".left", clock);
    if (shown) shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    clock.classList.toggle("soon", left < 60);
    if (left > 0 || clock.over) continue;
    clock.over = true;
    const undo = one("[data-testid^=undo]", clock);
    if (undo) undo.disabled = true;
  }
}

// ---- The claim is renewed while somebody is at the page, so that a forgotten tab does not keep a case from others ----
const AWAY = 10 * 60 * 1000;
let lastSeen = Date.now();
for (const event of ["pointermove", "keydown", "scroll", "focus"]) {
  addEventListener(event, () => { lastSeen = Date.now(); }, { passive: true, capture: true });
}
function renew() {
  const lease = one("#lease[hx-post]");
  if (lease && window.htmx && Date.now() - lastSeen < AWAY) htmx.trigger(lease, "renew");
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) { lastSeen = Date.now(); renew(); } });

// ---- The decision: what is chosen, and what follows from it ----
function choose(radio) {
  if (!radio || radio.disabled) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}
const chooseAll = (word) => verdicts().filter((radio) => radio.value === word).forEach(choose);

function toggle(number) {
  const card = one(`#item-${number}`);
  if (!card) return;
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  const [pass, reject] = ["pass", "reject"].map((word) => one(`#items-${number}-${word}`));
  choose(reject?.checked ? pass : reject);
}

function reflect() {
  const form = decision();
  if (!form) return;
  const chosen = verdicts().filter((radio) => radio.checked);
  const rejected = chosen.filter((radio) => radio.value === "reject");
  const everything = chosen.length === verdicts().length / 2;
  for (const button of all("[data-all]", form)) {
    const pressed = everything && chosen.every((radio) => radio.value === button.dataset.all);
    button.setAttribute("aria-pressed", String(pressed));
  }
  one("#measure", form).hidden = rejected.length === 0;
  const items = rejected.map((radio) => radio.closest(".item")?.dataset.item);
  for (const part of all("[data-when-rejected]", form)) {
    part.hidden = !part.dataset.whenRejected.split(" ").some((item) => items.includes(item));
  }
  for (const card of all(".item")) {
    card.dataset.verdict = chosen.find((radio) => radio.closest(".item") === card)?.value ?? "";
  }
  const action = one("[name=action]", form);
  if (action) {
    const option = action.selectedOptions[0];
    const shown = { lasting: option?.dataset.lasting === "yes", restrict: action.value === "restrict", terminate: action.value === "terminate" };
    for (const part of all("[data-when]", form)) part.hidden = !shown[part.dataset.when];
    const until = one("#until", form);
    const days = Number(one("[name=days]", form).value);
    const end = new Date(Date.now() + days * 86400000);
    const valid = Number.isInteger(days) && days > 0 && days <= 3650;
    until.textContent = valid ? until.dataset.text.replace("@", end.toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" })) : "";
  }
  const notice = one("[name=notice]", form);
  const category = rejected.length ? one("select", rejected[0].closest(".item"))?.selectedOptions[0] : null;
  if (notice) {
    notice.dataset.hint ??= notice.placeholder;
    notice.placeholder = category?.dataset.notice || notice.dataset.hint;
  }
}

// ---- Drafts: what is typed or chosen stays in this tab, through reloads, conflicts, a new sign-in and an undo ----
const DRAFTS = 50;
const draftKey = (form) => `desk.draft.${form.dataset.case}`;
const fields = (form) => [...form.elements].filter((field) => field.name && !["hidden", "submit", "button"].includes(field.type));

function keep() {
  const form = decision();
  if (!form) return;
  const values = fields(form).map((field) => [field.name, field.type === "radio" || field.type === "checkbox" ? [field.value, field.checked] : field.value]);
  try {
    sessionStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), values }));
    const kept = Object.keys(sessionStorage).filter((key) => key.startsWith("desk.draft."));
    const age = (key) => JSON.parse(sessionStorage.getItem(key)).at;
    kept.sort((a, b) => age(a) - age(b)).slice(0, -DRAFTS).forEach((key) => sessionStorage.removeItem(key));
    one(".draft", form).hidden = !one("[name=note]", form).value && !one("[name=notice]", form)?.value;
  } catch { /* a full or forbidden storage only costs the draft */ }
}

function restore() {
  const form = decision();
  if (!form || one("#outcome .notice")) return; // a page that came back with an error already has what was typed
  let draft = null;
  try { draft = JSON.parse(sessionStorage.getItem(draftKey(form))); } catch { /* none */ }
  for (const [name, value] of draft?.values ?? []) {
    for (const field of fields(form).filter((other) => other.name === name)) {
      if (Array.isArray(value)) { if (field.value === value[0]) field.checked = value[1]; }
      else field.value = value;
    }
  }
}

// ---- Dialogs ----
let waiting = null;
function ask(form, submitter) {
  const dialog = one("#confirm");
  waiting = { form, submitter };
  one("p", dialog).textContent = form.dataset.confirm;
  dialog.showModal();
  one("[data-agree]", dialog).focus();
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !form.agreed && one("#confirm")) {
    event.preventDefault();
    ask(form, event.submitter);
    return;
  }
  // A second click must not claim a second case.
  if (!form.hasAttribute("hx-post")) setTimeout(() => all("button", form).forEach((button) => { button.disabled = true; }));
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

document.addEventListener("click", (event) => {
  for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const place = event.target.closest("svg [data-hits]");
  if (place) one(`[data-hit="${place.dataset.hits.split(" ")[0]}"]`)?.focus();
  const target = event.target.closest("[data-open], [data-close], [data-agree], [data-all], .dismiss");
  if (!target) return;
  if (target.dataset.open) one(`#${target.dataset.open}`).showModal();
  if ("close" in target.dataset) target.closest("dialog").close();
  if ("agree" in target.dataset) {
    target.closest("dialog").close();
    waiting.form.agreed = true;
    waiting.form.requestSubmit(waiting.submitter);
  }
  if (target.dataset.all) chooseAll(target.dataset.all);
  if (target.classList.contains("dismiss")) target.closest(".toast").remove();
});
document.addEventListener("change", (event) => {
  if ("submit" in event.target.dataset) event.target.form.requestSubmit();
  if (event.target.form === decision()) { reflect(); keep(); }
  for (const follower of all("[data-follows]")) {
    if (follower.dataset.follows === event.target.name && event.target.value) follower.value = event.target.value;
  }
});
document.addEventListener("input", (event) => { if (event.target.form === decision()) { reflect(); keep(); } });

// ---- Hits: a row and its characters, or its place in a picture, light up together ----
function light(target, on) {
  const source = target.closest?.("[data-hit], [data-hits]");
  if (!source) return;
  const numbers = (source.dataset.hit ?? source.dataset.hits).split(" ");
  for (const mark of all("[data-hits]")) {
    if (mark.dataset.hits.split(" ").some((number) => numbers.includes(number))) mark.classList.toggle("lit", on);
  }
  for (const row of all("[data-hit]")) if (numbers.includes(row.dataset.hit)) row.classList.toggle("lit", on);
}
for (const [event, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(event, (happened) => light(happened.target, on));
}

// ---- Keys ----
function step(by) {
  const rows = all(".row > a");
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}
const writing = (element) => element.matches?.("input:not([type=radio], [type=checkbox]), textarea, select");
const press = (key) => one(`[data-key="${key}"]:not(:disabled)`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.isComposing || one("dialog[open]")) return;
  const form = decision();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const submit = form && one("[data-testid=decide]", form);
    if (submit && !submit.matches(":disabled")) { event.preventDefault(); submit.click(); }
    return;
  }
  if (event.key === "Escape") { all(".menu[open]").forEach((menu) => { menu.open = false; }); document.activeElement?.blur(); return; }
  if (writing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "b") { document.body.classList.add("reveal"); return; }
  if (event.repeat && !["j", "k"].includes(key)) return;
  const act = {
    p: () => form && chooseAll("pass"),
    r: () => form && chooseAll("reject"),
    m: () => form && one("[name=note]", form).focus(),
    j: () => step(1),
    k: () => step(-1),
    q: () => { location.href = "/desk"; },
    "?": () => one("#keys")?.showModal(),
  }[key] ?? (/^[1-9]$/.test(key) && form ? () => toggle(Number(key) - 1) : "cnux".includes(key) ? () => press(key) : null);
  if (!act || document.body.dataset.page === "login") return;
  event.preventDefault();
  act();
});
document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "b") document.body.classList.remove("reveal"); });
addEventListener("blur", () => document.body.classList.remove("reveal"));

// ---- The network ----
const offline = (away) => { const told = one("#offline"); if (told) told.hidden = !away; };
for (const event of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(event, () => offline(true));
document.addEventListener("htmx:beforeOnLoad", (event) => { if (event.detail.xhr.status < 500) offline(false); });
document.addEventListener("htmx:afterSettle", () => { tick(); reflect(); });

document.addEventListener("DOMContentLoaded", () => {
  restore();
  reflect();
  tick();
  setInterval(tick, 1000);
  setInterval(renew, 60 * 1000);
});
