/** The paper's grid of width and resolution multipliers, on this machine. */
import { el, fixed, grouped, section, svg, time } from "./dom.js";

const CHART = { width: 560, height: 300, left: 44, right: 14, top: 12, bottom: 40 };

/** Returns the section. */
export function multipliers(explanation, text, state) {
  const all = explanation.multipliers;
  const alphas = distinct(all.map((each) => each.alpha));
  const resolutions = distinct(all.map((each) => each.resolution));
  state.alpha ??= nearest(alphas, explanation.about.widthMultiplier);
  state.resolution ??= nearest(resolutions, explanation.image.height);
  const figures = el("dl", { class: "figures", "aria-live": "polite" });
  const dots = all.map((variant) => dot(variant, all, () => {
    state.alpha = variant.alpha;
    state.resolution = variant.resolution;
    show();
  }));
  const sliders = [
    slider(alphas, state.alpha, (value) => (state.alpha = value)),
    slider(resolutions, state.resolution, (value) => (state.resolution = value)),
  ];
  const names = sliders.map(() => el("span", {}));
  function slider(values, value, set) {
    return el("input", {
      type: "range", min: "0", max: String(values.length - 1), step: "1", value: String(values.indexOf(value)),
      oninput: (event) => {
        set(values[event.target.value]);
        show();
      },
    });
  }
  function show() {
    const { alpha, resolution } = state;
    const chosen = all.find((each) => each.alpha === alpha && each.resolution === resolution);
    sliders[0].value = alphas.indexOf(alpha);
    sliders[1].value = resolutions.indexOf(resolution);
    names[0].textContent = `${text("alpha")}: ${alpha}`;
    names[1].textContent = `${text("rho", { resolution })}, ${fixed(resolution / 224, 3)}`;
    sliders[0].setAttribute("aria-valuetext", `α ${alpha}`);
    sliders[1].setAttribute("aria-valuetext", `${resolution}×${resolution}`);
    dots.forEach((each, i) => each.classList.toggle("chosen", all[i] === chosen));
    figures.replaceChildren(
      figure(text("multiplyAdds"), `${fixed(chosen.macs / 1e6, 0)} M`),
      figure(text("parameters"), `${fixed(chosen.parameters / 1e6, 2)} M`),
      figure(text("accuracy"), `${fixed(chosen.top1, 1)} %`, text(chosen.source)),
      figure(text("milliseconds"), time(chosen.milliseconds), text(chosen.measured ? "measured" : "estimated")));
  }
  show();
  return section(text("multipliersTitle"), text("multipliersLead"),
    el("div", { class: "beside" },
      el("div", {}, el("div", { class: "sliders" }, sliders.map((input, i) => el("label", {}, names[i], input))), figures),
      chart(all, dots, text)),
    el("details", {}, el("summary", {}, text("table")), table(all, text)));
}

function distinct(values) {
  return [...new Set(values)].sort((a, b) => a - b);
}

function nearest(values, wanted) {
  return values.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
}

function figure(name, value, note = "") {
  return el("div", {}, el("dt", { class: "name" }, name), el("dd", { class: "value" }, value), el("dd", { class: "note" }, note));
}

/** Multiply-adds from 10 to 700 million on a logarithmic axis, accuracy from 40 to 75 %. */
function across(macs) {
  return CHART.left + Math.log(macs / 1e7) / Math.log(70) * (CHART.width - CHART.left - CHART.right);
}

function upwards(top1) {
  return CHART.height - CHART.bottom - (top1 - 40) / 35 * (CHART.height - CHART.bottom - CHART.top);
}

function dot(variant, all, choose) {
  const rank = distinct(all.map((each) => each.alpha)).indexOf(variant.alpha);
  return svg("circle", {
    class: `dot a${rank}`, cx: across(variant.macs), cy: upwards(variant.top1), r: 5, onclick: choose,
  }, svg("title", {}, `α ${variant.alpha}, ${variant.resolution}: ${fixed(variant.top1, 1)} %`));
}

function chart(all, dots, text) {
  const lines = distinct(all.map((each) => each.alpha)).map((alpha, rank) => {
    const own = all.filter((each) => each.alpha === alpha).sort((a, b) => a.macs - b.macs);
    const last = own.at(-1);
    return [
      svg("polyline", { class: `curve a${rank}`, points: own.map((each) => `${across(each.macs)},${upwards(each.top1)}`).join(" ") }),
      svg("text", { x: across(last.macs), y: upwards(last.top1) - 10, "text-anchor": "middle" }, `α ${alpha}`),
    ];
  });
  const grid = [40, 50, 60, 70].map((top1) => [
    svg("line", { class: "grid", x1: CHART.left, x2: CHART.width - CHART.right, y1: upwards(top1), y2: upwards(top1) }),
    svg("text", { x: CHART.left - 8, y: upwards(top1) + 4, "text-anchor": "end" }, String(top1)),
  ]);
  const marks = [10, 30, 100, 300, 600].map((macs) =>
    svg("text", { x: across(macs * 1e6), y: CHART.height - CHART.bottom + 18, "text-anchor": "middle" }, String(macs)));
  return el("figure", {}, el("figcaption", {}, text("chart")),
    svg("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", "aria-label": text("chart") },
      grid, marks, lines, dots,
      svg("text", { x: (CHART.left + CHART.width) / 2, y: CHART.height - 4, "text-anchor": "middle" }, text("chartX"))));
}

function table(all, text) {
  const heads = ["α", text("resolution"), text("multiplyAdds"), text("parameters"), text("accuracy"), text("source"), text("milliseconds")];
  const rows = [...all].reverse().map((each) => el("tr", {}, [
    each.alpha, each.resolution, grouped(each.macs), grouped(each.parameters), `${fixed(each.top1, 1)} %`, text(each.source),
    each.measured ? time(each.milliseconds) : text("estimate", { value: time(each.milliseconds) }),
  ].map((value) => el("td", {}, String(value)))));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("table") },
    el("table", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows)));
}
