/** The network as its table: a row a block, with what it makes of the image. */
import { el, fixed, section, time } from "./dom.js";
import { mapCanvas } from "./draw.js";
import { opened } from "./sums.js";

const TILES = 10;

/** Returns the section. */
export function network(explanation, text, state) {
  const rows = [];
  const { operators, stem, blocks, layers, milliseconds } = explanation;
  const most = Math.max(...operators.map((operator) => operator.macs));
  const add = (key, name, layer, operator, panel) =>
    rows.push(row({ key, name, layer, operator, panel, most, milliseconds }, text, state));
  add("stem", text("stem"), stem, operators[0], () => opened(explanation, undefined, text));
  for (const block of blocks) {
    add(block.pointwise.name, text("block", { number: block.number }), block.pointwise, block.operator,
      () => opened(explanation, block, text));
  }
  const head = layers.slice(layers.findIndex((layer) => layer.kind === "pool"));
  const names = head.map((layer) => text(layer.name)).join(" + ");
  add("head", names, head.at(-1), operators.at(-1),
    () => el("p", { class: "opened" }, text("poolText", { count: head[0].depth })));
  const heads = ["maps", "multiplyAdds", "milliseconds"].map((key) => el("span", {}, text(key)));
  return section(text("networkTitle"), text("networkLead"),
    el("div", { class: "layer heads", "aria-hidden": "true" }, el("span"), heads), el("ol", { class: "layers" }, rows));
}

function row({ key, name, layer, operator, panel, most, milliseconds }, text, state) {
  const holder = el("div", {});
  const open = (now) => {
    button.setAttribute("aria-expanded", String(now));
    holder.replaceChildren(...(now ? [panel()] : []));
    state.open = now ? key : undefined;
  };
  const shape = text(layer.height * layer.width > 1 ? "rowShape" : "rowValues",
    { channels: layer.depth, height: layer.height, width: layer.width });
  const button = el("button", {
    type: "button", class: "layer", "aria-expanded": "false",
    onclick: () => open(button.getAttribute("aria-expanded") === "false"),
  },
  el("span", { class: "name" }, name, el("small", {}, shape)),
  el("span", { class: "tiles" }, layer.channels.slice(0, TILES).map((_, i) => mapCanvas(layer.map(i), layer.height, layer.width))),
  meter(operator.macs / most, text("million", { value: fixed(operator.macs / 1e6, 1) })),
  meter(operator.milliseconds / milliseconds, `${time(operator.milliseconds)} ${text("ms")}`));
  if (state.open === key) {
    open(true);
  }
  return el("li", {}, button, holder);
}

function meter(share, number) {
  return el("span", { class: "meter", style: { "--share": `${100 * share}%` } }, number);
}
