/** Where the network looked: class activation maps that add up to the logit. */
import { choice, decimals, el, fixed, percent, section, signed } from "./dom.js";
import { imageCanvas, largestOf, mapCanvas, placed, veilCanvas } from "./draw.js";

/** More numbers than these cannot be read. */
const READABLE = 100;
const FEATURES = 6;

/** Returns the section. */
export function attention(explanation, text) {
  if (explanation.classes.length === 0) {
    return section(text("whereTitle"), text("noClassifier"));
  }
  const picture = el("div", {});
  const sums = el("div", {});
  const features = el("div", {});
  const show = (index) => {
    const map = explanation.classes[index];
    const mark = el("div", { class: "frame", hidden: true });
    picture.replaceChildren(pictured(explanation, map, mark, text));
    sums.replaceChildren(...summed(explanation, map, mark, text));
    features.replaceChildren(...strongest(explanation, map, text));
  };
  const classes = choice(text("classes"), explanation.classes, 0, show, (map) => [
    el("span", { class: "bar", style: { "--share": percent(map.probability).replace("\u00a0", "") } }),
    el("bdi", {}, map.label),
    el("span", { class: "number" }, percent(map.probability)),
  ]);
  classes.classList.add("classes");
  show(0);
  const unknown = explanation.about.unknown ? el("p", { class: "note" }, text("unknown")) : undefined;
  return section(text("whereTitle"), text("whereLead"), unknown,
    el("div", { class: "where" }, picture, el("div", { class: "answer" }, classes, sums), features));
}

function pictured(explanation, map, mark, text) {
  const { height, width } = explanation.last;
  return el("div", { class: "stack", role: "img", "aria-label": text("mapAlt", { label: map.label }) },
    imageCanvas(explanation.image), veilCanvas(map.values, height, width), mark);
}

function summed(explanation, map, mark, text) {
  const { height, width } = explanation.last;
  const count = height * width;
  const digits = decimals(Math.max(largestOf(map.values), 1));
  const parts = [];
  if (count <= READABLE) {
    parts.push(grid(map, height, width, mark, text));
  }
  parts.push(el("p", { class: "equation" },
    el("span", {}, fixed(map.bias, digits), el("small", {}, text("bias"))),
    el("span", {}, signed(map.mean, digits), el("small", {}, text("meanOf", { count }))),
    el("span", {}, `= ${fixed(map.logit, digits)}`, el("small", {}, text("logit")))));
  const key = explanation.about.precision === "int8" ? "addsUpIntegers" : "addsUp";
  const difference = map.computed - map.logit;
  parts.push(el("p", { class: "note" },
    text(key, {
      computed: fixed(map.computed, digits),
      difference: Math.abs(difference) < 0.5 * 10 ** -digits ? difference.toExponential(0).replaceAll("-", "−") : fixed(difference, digits),
    }),
    map.linear ? "" : ` ${text("notLinear")}`));
  return parts;
}

/** The map as numbers; the place of a number is marked in the image. */
function grid(map, height, width, mark, text) {
  const most = largestOf(map.values);
  const rows = Array.from({ length: height }, (_, r) =>
    el("tr", {}, Array.from({ length: width }, (_, c) => {
      const value = map.values[r * width + c];
      const share = most > 0 ? 55 * Math.abs(value) / most : 0;
      return el("td", {
        class: value > 0 ? "for" : "against",
        style: { "--share": `${share}%` },
        onpointerenter: () => {
          mark.hidden = false;
          placed(mark, [r, r, height], [c, c, width]);
        },
        onpointerleave: () => (mark.hidden = true),
      }, fixed(value, most < 100 ? 1 : 0));
    })));
  const caption = text("gridCaption", { label: map.label, count: height * width });
  return el("div", {}, el("p", { class: "label" }, caption),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      el("table", { class: "grid" }, el("tbody", {}, rows))));
}

/** The features whose mean, times their weight, is largest. */
function strongest(explanation, map, text) {
  const { features, last } = explanation;
  const shares = Array.from(features, (value, k) => ({ k, share: value * map.weights[k] }))
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
    .slice(0, FEATURES);
  const items = shares.map(({ k, share }) => {
    const shown = last.channels.indexOf(k);
    return el("li", {},
      shown < 0 ? el("span", { class: "map none" }) : mapCanvas(last.map(shown), last.height, last.width),
      el("span", {}, text("feature", { number: k }), el("small", {},
        `${fixed(features[k], 3)} × ${fixed(map.weights[k], 3)} = ${fixed(share, 3)}`)));
  });
  return [
    el("h3", {}, text("features")),
    el("p", { class: "note" }, text("featuresLead", { count: features.length })),
    el("ul", { class: "features" }, items),
  ];
}
