// The field in which a municipality is typed: what it may be stands below while one types, a for å
// and ä and o for ö, and names that are easily taken for each other say so. It is a combobox whose
// list the arrow keys move in. Without this file the browser shows the same list in its own way.

const MOST = 8;
const intact = (text) => text.normalize("NFC").toLowerCase();
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function prepare(field) {
  const offered = [...field.list.options].map((one) => ({
    value: one.value,
    warning: one.textContent,
    name: one.value.replace(/ \(\d+\)$/, "").toLowerCase(),
    code: one.value.match(/\d{4}/)[0],
    folded: folded(one.value),
  }));
  field.removeAttribute("list");

  const list = document.createElement("ul");
  list.className = "offered";
  list.id = `${field.id}-lista`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Kommuner");
  list.hidden = true;
  const warning = document.createElement("p");
  warning.className = "confusable";
  warning.setAttribute("role", "status");
  field.after(list, warning);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false",
  })) field.setAttribute(name, value);

  // The letters as typed before the letters alike, a name's beginning before what stands within it.
  // What stands inside a word is offered only if nothing begins so.
  const rank = (one, typed) => {
    const plain = folded(typed);
    if (one.name.startsWith(intact(typed)) || one.code.startsWith(typed)) return 0;
    if (one.folded.startsWith(plain)) return 1;
    if (one.folded.includes(` ${plain}`) || one.folded.includes(`-${plain}`)) return 2;
    return plain.length > 2 && one.folded.includes(plain) ? 3 : 9;
  };
  const found = (typed) => {
    const ranked = offered.map((one) => ({ one, rank: rank(one, typed) }));
    const least = ranked.some((each) => each.rank < 3) ? 2 : 3;
    return ranked.filter((each) => each.rank <= least)
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MOST)
      .map((each) => each.one);
  };

  const options = () => [...list.children];
  const active = () => list.querySelector('[aria-selected="true"]');

  function close() {
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function warn() {
    const typed = intact(field.value.trim());
    const meant = offered.find((one) => {
      const short = one.name.replace(/ (kommun|stad)$/, "");
      return [one.value.toLowerCase(), one.name, one.code, short, short.replace(/s$/, "")].includes(typed);
    });
    warning.textContent = meant?.warning ?? "";
  }

  function choose(one) {
    field.value = one.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }

  function show() {
    const typed = field.value.trim();
    const matches = typed ? found(typed) : [];
    close();
    warn();
    if (!matches.length || (matches.length === 1 && matches[0].value === typed)) return;
    list.append(...matches.map((one, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.value = one.value;
      item.textContent = one.value;
      if (one.warning) {
        const near = document.createElement("span");
        near.className = "read";
        near.textContent = one.warning;
        item.append(near);
      }
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(one); });
      return item;
    }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  function move(step) {
    const all = options();
    const at = all.indexOf(active());
    const next = all.at(at < 0 && step < 0 ? -1 : (at + step) % all.length);
    active()?.setAttribute("aria-selected", "false");
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", next.id);
  }

  field.addEventListener("input", show);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) show();
      if (!list.hidden) move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Enter" && !list.hidden) {
      // Of several, none is taken that nobody has pointed at.
      const only = options().length === 1 ? options()[0] : null;
      const taken = active() ?? only;
      if (taken) choose(offered.find((one) => one.value === taken.dataset.value));
      event.preventDefault();
    }
  });
  warn();
}

for (const field of document.querySelectorAll("[data-municipality]")) prepare(field);
