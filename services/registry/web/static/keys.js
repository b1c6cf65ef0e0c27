// Keys for what the pages offer by button and link: whatever carries data-key. All of it works
// without this file. The help lists what the page at hand has, and lets the keys be switched off
// (WCAG 2.2, 2.1.4), which this browser remembers.

const OFF = "handslag-keys-off";
const stored = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const store = (off) => { try { localStorage.setItem(OFF, off ? "1" : "0"); } catch { /* private */ } };
let off = stored();

const targets = () => [...document.querySelectorAll("[data-key]")].filter((one) => one.checkVisibility());
const answers = () => document.querySelectorAll('input[name="svar"]');
const typing = (element) =>
  element.matches("textarea, select, input:not([type=radio], [type=checkbox])");

function act(target) {
  if (target.matches("input[type=radio]")) {
    target.click();
  } else if (target.matches("input")) {
    document.getElementById(target.dataset.chooses)?.click();
    target.focus();
    target.select();
  } else if (target.matches("textarea, select, li")) {
    target.focus();
  } else if (target.matches("summary")) {
    target.parentElement.open = true;
    const first = target.parentElement.querySelector("input, textarea, [tabindex]");
    first?.focus();
  } else {
    target.click();
  }
}

const nameOf = (target) =>
  target.dataset.does ?? target.getAttribute("aria-label") ?? (target.labels?.length ? target.labels[0].textContent : target.textContent);

// Enter in the reason for a verdict gives that verdict. Without this file it does nothing there.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
  if (!typing(event.target)) return;
  const verdict = event.target.closest("details")?.querySelector("button[name=gor]");
  if (!verdict) return;
  event.preventDefault();
  verdict.click();
});

const help = document.createElement("dialog");
help.className = "help";
help.setAttribute("aria-labelledby", "kortkommandon");

function explain() {
  help.replaceChildren();
  const heading = document.createElement("h2");
  heading.id = "kortkommandon";
  heading.tabIndex = -1;
  heading.autofocus = true;
  heading.textContent = "Kortkommandon";
  const list = document.createElement("dl");
  const rows = [
    ...targets().map((one) => [one.dataset.key.toUpperCase(), nameOf(one).trim()]),
    ...(answers().length ? [["1–9", "Välj svar, uppifrån och ner"]] : []),
    ["?", "Visa den här hjälpen"],
    ["Esc", "Lämna ett fält eller hjälpen"],
  ];
  for (const [key, text] of rows) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const mark = document.createElement("kbd");
    mark.textContent = key;
    term.append(mark);
    const does = document.createElement("dd");
    does.textContent = text;
    row.append(term, does);
    list.append(row);
  }
  const label = document.createElement("label");
  label.className = "choice";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = !off;
  box.addEventListener("change", () => { off = !box.checked; store(off); });
  const words = document.createElement("span");
  words.textContent = "Använd kortkommandon i den här webbläsaren";
  label.append(box, words);
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Stäng";
  close.addEventListener("click", () => help.close());
  help.append(heading, list, label, close);
  if (!help.isConnected) document.body.append(help);
  help.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (off && event.key !== "?") return;
  if (event.key === "?") {
    explain();
  } else if (/^[1-9]$/.test(event.key)) {
    answers()[Number(event.key) - 1]?.click();
  } else {
    const target = targets().find((one) => one.dataset.key === event.key.toLowerCase());
    if (!target) return;
    act(target);
  }
  event.preventDefault();
});

// Typing a municipality chooses "another municipality".
for (const field of document.querySelectorAll("input[data-chooses]")) {
  field.addEventListener("input", () => {
    document.getElementById(field.dataset.chooses).checked = true;
  });
}

const open = document.createElement("button");
open.type = "button";
open.textContent = "Kortkommandon";
open.addEventListener("click", explain);
document.querySelector(".pager.top > div")?.append(open);
