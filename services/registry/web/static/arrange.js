// Pages moved between documents, by mouse or keyboard, with the result shown as it will be. What is
// sent are the fields of the form, which are there without this file too.

const form = document.querySelector("form[data-arrange]");
const waits = document.querySelector("[data-being-read]");

if (form) {
  const asItIs = new Set(form.dataset.asItIs.split(";"));
  const said = form.querySelector("[data-said]");
  const groups = () => [...form.querySelectorAll("[data-group]")];
  const documents = () => groups().filter((one) => one.dataset.group !== "0");
  const listOf = (group) => group.querySelector(".cards");
  const cardsOf = (group) => [...group.querySelectorAll("[data-page]")];
  const groupOf = (card) => card.closest("[data-group]");
  const field = (card, name) => card.querySelector(`[name="${name}.${card.dataset.page}"]`);
  const nameOf = (group) => group.querySelector("h2").textContent.trim();

  const settle = () => {
    const last = documents().at(-1);
    if (cardsOf(last).length) last.after(another(last));
    for (const group of groups()) {
      const cards = cardsOf(group);
      cards.forEach((card, place) => {
        field(card, "till").value = group.dataset.group;
        field(card, "plats").value = place + 1;
        card.dataset.turn = field(card, "vrid").value;
      });
      const state = group.querySelector("[data-state]");
      if (!state) continue;
      const untouched = asItIs.has(cards.map((card) => card.dataset.page).join(" "))
        && cards.every((card) => card.dataset.turn === "0")
        && group.querySelector("[name^='las.']").value === "any";
      state.textContent = cards.length ? (untouched ? "Oförändrad" : "Läses på nytt") : "Tom";
    }
  };

  // The next empty document: a copy of the last one, with the next number everywhere.
  const another = (last) => {
    const number = Number(last.dataset.group) + 1;
    const made = last.cloneNode(true);
    listOf(made).replaceChildren();
    made.dataset.group = number;
    made.setAttribute("aria-labelledby", `grupp-${number}`);
    made.querySelector("h2").id = `grupp-${number}`;
    made.querySelector("[data-number]").textContent = number;
    const select = made.querySelector("select");
    select.id = select.name = `las.${number}`;
    select.value = "any";
    made.querySelector("label").htmlFor = select.id;
    for (const one of form.querySelectorAll("select[name^='till.']")) {
      one.insertBefore(new Option(number, number), one.options[one.options.length - 1]);
    }
    prepare(made);
    return made;
  };

  const move = (card, group, before = null) => {
    const turnsTo = document.activeElement;
    listOf(group).insertBefore(card, before);
    settle();
    if (card.contains(turnsTo) || turnsTo === card) turnsTo.focus();
    const place = cardsOf(group).indexOf(card) + 1;
    said.textContent = `${card.querySelector(".card-label").textContent}: ${nameOf(group)}, plats ${place}`;
  };

  const turn = (card) => {
    const select = field(card, "vrid");
    select.value = (Number(select.value) + 90) % 360;
    settle();
    said.textContent = `Vriden: ${select.selectedOptions[0].textContent}`;
  };

  const beside = (card, step) => {
    const all = groups();
    return all[all.indexOf(groupOf(card)) + step];
  };

  const press = (card, key) => {
    const group = groupOf(card);
    if (key === "ArrowLeft" && card.previousElementSibling) {
      move(card, group, card.previousElementSibling);
    } else if (key === "ArrowRight" && card.nextElementSibling) {
      move(card, group, card.nextElementSibling.nextElementSibling);
    } else if (key === "ArrowUp" || key === "ArrowDown") {
      const other = beside(card, key === "ArrowUp" ? -1 : 1);
      if (other) move(card, other);
    } else if (/^[0-9]$/.test(key)) {
      const other = groups().find((one) => one.dataset.group === key);
      if (other) move(card, other);
    } else if (key.toLowerCase() === "v") {
      turn(card);
    } else {
      return key.startsWith("Arrow");
    }
    return true;
  };

  const prepare = (group) => {
    const list = listOf(group);
    list.addEventListener("dragover", (event) => { event.preventDefault(); });
    list.addEventListener("drop", (event) => {
      event.preventDefault();
      const card = form.querySelector(".dragged");
      if (!card) return;
      const after = cardsOf(group).filter((one) => one !== card).find((one) => {
        const box = one.getBoundingClientRect();
        return event.clientY < box.bottom && event.clientX < box.left + box.width / 2;
      });
      move(card, group, after ?? null);
    });
    group.querySelector("select[name^='las.']")?.addEventListener("change", settle);
  };

  groups().forEach(prepare);
  for (const card of form.querySelectorAll("[data-page]")) {
    card.tabIndex = 0;
    card.draggable = true;
    card.querySelector("[data-image]")?.setAttribute("tabindex", "-1");
    card.addEventListener("dragstart", () => card.classList.add("dragged"));
    card.addEventListener("dragend", () => card.classList.remove("dragged"));
    card.addEventListener("keydown", (event) => {
      if (event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return;
      if (press(card, event.key)) { event.preventDefault(); event.stopPropagation(); }
    });
    field(card, "till").addEventListener("change", (event) => {
      move(card, groups().find((one) => one.dataset.group === event.target.value));
    });
    field(card, "vrid").addEventListener("change", settle);
  }
  const first = form.querySelector("[data-page]");
  if (first) Object.assign(first.dataset, { key: "s", does: "Gå till sidorna" });
  form.classList.add("lively");
  form.querySelector(".arrange-help").hidden = false;
  form.querySelector("[data-without-script]").hidden = true;
  settle();
}

// While pages are being read: look now and then, and go on to what came of it.
if (waits) {
  const look = async () => {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (answer?.redirected) return location.replace(answer.url);
    if (answer?.ok && !(await answer.text()).includes("data-being-read")) return location.reload();
    return setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
}
