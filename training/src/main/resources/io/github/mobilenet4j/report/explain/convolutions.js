/** What a separable convolution needs beside a standard one, for any numbers of channels. */
import { el, grouped, percent, section } from "./dom.js";

const MOST = 2048;

/** Returns the section; it begins with the tutorials' 3 and 16. */
export function convolutions(text) {
  const sums = el("div", { "aria-live": "polite" });
  const inputs = { in: number(3), out: number(16) };
  function number(value) {
    return el("input", { type: "number", min: "1", max: String(MOST), value: String(value), oninput: () => show() });
  }
  function show() {
    const [c, k] = [inputs.in, inputs.out].map((input) => Math.min(Math.max(Math.round(Number(input.value)) || 1, 1), MOST));
    const standard = 9 * c * k;
    const separable = 9 * c + c * k;
    const row = (name, formula, value) => el("div", { class: "parameters", style: { "--share": `${100 * value / Math.max(standard, separable)}%` } },
      el("span", {}, name), el("span", { class: "formula" }, formula), el("b", {}, grouped(value)));
    sums.replaceChildren(
      row(text("standard"), `3·3·${c}·${k}`, standard),
      row(text("separable"), `3·3·${c} + ${c}·${k} = ${grouped(9 * c)} + ${grouped(c * k)}`, separable),
      el("p", { class: "note" }, text("part", { percent: percent(separable / standard), out: k })));
  }
  show();
  return section(text("convolutionsTitle"), text("convolutionsLead"),
    el("div", { class: "inputs" },
      el("label", {}, text("channelsIn"), inputs.in),
      el("label", {}, text("channelsOut"), inputs.out)),
    sums);
}
