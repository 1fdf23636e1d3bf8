/** What several pages have in common. */
import { el, percent } from "./explain/dom.js";
import { dropped, ofFiles } from "./images.js";

/** Returns a list of classes with bars; show(classes) changes it and keeps its elements. */
export function bars(label) {
  const list = el("ul", { class: "bars", "aria-label": label });
  let rows = [];
  return {
    element: list,
    show(classes) {
      if (rows.length !== classes.length) {
        rows = classes.map(() => {
          const name = el("bdi", {});
          const number = el("span", { class: "number" });
          const item = el("li", {}, el("span", { class: "bar" }), name, number);
          return { item, name, number };
        });
        list.replaceChildren(...rows.map((row) => row.item));
      }
      const best = classes.reduce((most, one, i) => (one.probability > classes[most].probability ? i : most), 0);
      classes.forEach(({ label: name, probability }, i) => {
        rows[i].name.textContent = name;
        rows[i].number.textContent = percent(probability);
        rows[i].item.style.setProperty("--share", `${100 * probability}%`);
        rows[i].item.classList.toggle("best", i === best);
      });
    },
  };
}

/** Returns a button. */
export function button(content, onclick, properties = {}) {
  return el("button", { type: "button", onclick, ...properties }, content);
}

/** Returns a button that asks for files; it is a label around an input, which the keyboard reaches. */
export function chooser(content, { multiple = false, folder = false } = {}, chosen) {
  const input = el("input", {
    type: "file", class: "unseen", multiple, webkitdirectory: folder,
    accept: folder ? undefined : "image/*",
    onchange: () => {
      const found = ofFiles([...input.files]);
      input.value = "";
      chosen(found);
    },
  });
  return el("label", { class: "button" }, content, input);
}

/** Lets images be dropped on an element. */
export function droppable(element, chosen) {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.stopPropagation();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    element.classList.remove("over");
    chosen(await dropped(event.dataTransfer));
  });
}

/** Returns a select of names. */
export function select(label, names, chosen, change) {
  const choice = el("select", { onchange: () => change(choice.value) },
    names.map(([value, name]) => el("option", { value, selected: value === chosen }, name)));
  return el("label", { class: "field" }, el("span", {}, label), choice);
}

/** Returns a place where something is said to everybody when it changes. */
export function status() {
  return el("p", { class: "status", role: "status" });
}

/** Returns a number of bytes for people. */
export function size(bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
