/** Elements, and numbers for people. */

const SVG = "http://www.w3.org/2000/svg";

/** Returns an element; a property that begins with "on" listens, "style" is an object. */
export function el(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** Returns an element of SVG. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "style") {
      // One by one: a style attribute is what the page's policy forbids.
      Object.entries(value).forEach(([key, text]) => element.style.setProperty(key, text));
    } else if (value !== false && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined));
  return element;
}

/** Returns a card with a heading. */
export function section(title, lead, ...content) {
  return el("section", {}, el("h2", {}, title), el("p", { class: "lead" }, lead), content);
}

/** Returns a number with so many decimals, a true minus, and never −0. */
export function fixed(value, decimals) {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** Returns a number for the end of a sum: "+ 1.2" or "− 1.2". */
export function signed(value, decimals) {
  const text = fixed(value, decimals);
  return text.startsWith("−") ? `− ${text.slice(1)}` : `+ ${text}`;
}

/** Returns a whole number with its thousands apart. */
export function grouped(value) {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** Returns a time with three digits or so. */
export function time(milliseconds) {
  return milliseconds === 0 ? "–" : fixed(milliseconds, milliseconds < 1 ? 3 : milliseconds < 10 ? 2 : 1);
}

/** Returns 0.123 as "12.3 %". */
export function percent(share) {
  return `${fixed(100 * share, 1)}\u00a0%`;
}

/** Returns how many decimals the values of a layer are shown with. */
export function decimals(largest) {
  return largest < 10 ? 3 : largest < 100 ? 2 : 1;
}

/** Returns a group of buttons of which one is pressed. */
export function choice(label, items, chosen, choose, content) {
  const buttons = items.map((item, i) =>
    el("button", { type: "button", "aria-pressed": String(i === chosen), onclick: () => press(i) }, content(item, i)));
  function press(chosenNow) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosenNow)));
    choose(chosenNow);
  }
  return el("div", { role: "group", "aria-label": label, class: "choice" }, buttons);
}
