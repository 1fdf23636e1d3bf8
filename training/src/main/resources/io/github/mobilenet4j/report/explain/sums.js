/** A block opened: every value as the sum that it is. */
import { depthwiseTerms, pointwiseTerms, stemTerms, sumOf } from "./data.js";
import { choice, decimals, el, fixed, grouped, percent, signed, time } from "./dom.js";
import { board, imageCanvas, largestOf, mapCanvas } from "./draw.js";

/** So many products of a column are named. */
const TERMS = 9;

/** Returns what is behind a row of the network: the stem, or a separable block. */
export function opened(explanation, block, text) {
  return block ? new BlockView(explanation, block, text).element : new StemView(explanation, text).element;
}

/** What both views have in common: maps on which a place is chosen. */
class View {
  constructor(explanation, output, text) {
    this.explanation = explanation;
    this.output = output;
    this.text = text;
    [this.row, this.column] = this.brightest();
    this.digits = decimals(output.largest);
    this.field = board(imageCanvas(explanation.image), {
      point: (row, column) => this.moveTo(...this.nearest(row, column)),
      step: (rows, columns) => this.moveBy(rows, columns),
    });
    this.fieldText = el("p", { class: "note" });
  }

  /** Returns where the first map has its largest value that the activation does not cut off. */
  brightest() {
    const { ceiling } = this.explanation.about;
    const map = this.output.map(0);
    let best = 0;
    map.forEach((value, i) => {
      if (value > map[best] && (ceiling === 0 || value < 0.99 * ceiling)) {
        best = i;
      }
    });
    return [Math.floor(best / this.output.width), best % this.output.width];
  }

  /** Returns the place whose receptive field has a pixel nearest to its middle. */
  nearest(row, column) {
    const { rows, columns } = this.output.geometry;
    const unit = (pixel, span, count) =>
      Math.min(Math.max(Math.round((pixel - span.start - (span.size - 1) / 2) / span.stride), 0), count - 1);
    return [unit(row, rows, this.output.height), unit(column, columns, this.output.width)];
  }

  moveBy(rows, columns) {
    this.moveTo(this.row + rows, this.column + columns);
  }

  moveTo(row, column) {
    this.row = Math.min(Math.max(row, 0), this.output.height - 1);
    this.column = Math.min(Math.max(column, 0), this.output.width - 1);
    this.show();
  }

  /** Returns a board of a layer's map whose places are those of the output. */
  outputBoard(layer, index) {
    return board(mapCanvas(layer.map(index), layer.height, layer.width), {
      point: (row, column) => this.moveTo(row, column),
      step: (rows, columns) => this.moveBy(rows, columns),
    });
  }

  label(what, layer, index, row = this.row, column = this.column) {
    return this.text("mapLabel", {
      what: this.text(what), number: layer.channels[index], row, column,
      value: fixed(layer.at(index, row, column), this.digits),
    });
  }

  showField() {
    const { image } = this.explanation;
    const [rows, columns] = this.output.field(this.row, this.column);
    const clip = ([first, last], size) => [Math.max(first, 0), Math.min(last, size - 1)];
    const [top, bottom] = clip(rows, image.height);
    const [left, right] = clip(columns, image.width);
    this.field.show([top, bottom], [left, right],
      this.text("fieldAlt", { row: this.row, column: this.column }));
    const { rows: r, columns: c } = this.output.geometry;
    this.fieldText.textContent = this.text("fieldText", {
      rows: r.size, columns: c.size, stride: r.stride,
      inside: `${bottom - top + 1}×${right - left + 1}`,
    });
  }

  fieldPart() {
    return el("div", { class: "part" }, el("h3", {}, this.text("fieldTitle")), this.field.element, this.fieldText);
  }

  chooser(key, layer, chosen, choose) {
    const chips = choice(this.text(key), layer.channels, chosen, choose, (channel, i) => [
      mapCanvas(layer.map(i), layer.height, layer.width),
      el("span", { class: "unseen" }, this.text("mapNumber", { number: channel })),
    ]);
    chips.classList.add("chips");
    return el("div", {}, el("p", { class: "label" }, this.text(key)), chips);
  }

  /** The nine products of a window. */
  window(terms, name) {
    const most = largestOf(terms.map((term) => term.weight));
    return el("div", { class: "window" },
      name ? el("span", { class: "label" }, name) : undefined,
      el("div", { class: "nine" }, terms.map((term) =>
        el("div", {
          class: `${term.weight > 0 ? "for" : "against"}${term.inside ? "" : " outside"}`,
          title: term.inside ? "" : this.text("outside"),
          style: { "--share": `${most > 0 ? 50 * Math.abs(term.weight) / most : 0}%` },
        }, el("span", {}, fixed(term.value, this.digits)), el("span", {}, `× ${fixed(term.weight, this.digits)}`)))));
  }

  /** The lines from a sum to the value that the network has. */
  lines(layer, index, sum, count) {
    const bias = layer.biases()[index];
    const total = sum + bias;
    const activated = this.explanation.activate(total);
    const value = layer.at(index, this.row, this.column);
    const lines = [
      [this.text("sumOf", { count }), fixed(sum, this.digits)],
      [this.text("bias"), signed(bias, this.digits)],
      [this.text("sum"), `= ${fixed(total, this.digits)}`],
      [this.text("activation", { name: this.explanation.activationName }), fixed(activated, this.digits)],
    ];
    if (layer.steps.scale > 0) {
      const step = layer.steps.scale;
      lines.push([this.text("rounded", { step: fixed(step, 5) }), fixed(step * Math.round(activated / step), this.digits)]);
    }
    lines.push([this.text("networkHas"), fixed(value, this.digits)]);
    return el("dl", { class: "lines" }, lines.map(([name, number], i) =>
      el("div", { class: i === lines.length - 1 ? "result" : "" }, el("dt", {}, name), el("dd", {}, number))));
  }
}

/** The first convolution. */
class StemView extends View {
  constructor(explanation, text) {
    super(explanation, explanation.stem, text);
    this.index = 0;
    this.products = el("div", {});
    this.place = el("div", {});
    const grey = explanation.image.channels === 1;
    this.element = el("div", { class: "opened" },
      el("h3", {}, text(grey ? "stemTitleGrey" : "stemTitle")),
      el("p", { class: "note" }, text("placeHelp")),
      this.chooser("chooseOutput", this.output, 0, (index) => this.choose(index)),
      el("div", { class: "parts" }, this.fieldPart(),
        el("div", { class: "part" }, this.products),
        this.place));
    this.choose(0);
  }

  choose(index) {
    this.index = index;
    this.map = this.outputBoard(this.output, index);
    this.place.replaceChildren(el("div", { class: "part" }, el("h3", {}, this.text("result")), this.map.element));
    this.show();
  }

  show() {
    this.showField();
    this.map.show([this.row, this.row], [this.column, this.column], this.label("result", this.output, this.index));
    const windows = stemTerms(this.explanation, this.index, this.row, this.column);
    const names = windows.length === 1 ? ["grey"] : ["red", "green", "blue"];
    const terms = windows.flat();
    this.products.replaceChildren(
      el("p", { class: "label" }, this.text("valueTimesWeight")),
      el("div", { class: "windows" }, windows.map((window, i) => this.window(window, this.text(names[i])))),
      this.lines(this.output, this.index, sumOf(terms), terms.length));
  }
}

/** A separable block. */
class BlockView extends View {
  constructor(explanation, block, text) {
    super(explanation, block.pointwise, text);
    this.block = block;
    this.inIndex = 0;
    this.outIndex = 0;
    this.depthwisePart = el("div", { class: "parts" });
    this.products = el("div", {});
    this.pointwisePart = el("div", { class: "parts" });
    this.mixed = el("div", {});
    const { depthwise } = block;
    this.element = el("div", { class: "opened" },
      el("h3", {}, text("depthwiseTitle")),
      el("p", { class: "note" }, text("placeHelp")),
      this.chooser("chooseInput", block.input, 0, (index) => this.chooseInput(index)),
      this.depthwisePart,
      el("h3", {}, text("pointwiseTitle", { count: depthwise.depth })),
      this.chooser("chooseOutput", block.pointwise, 0, (index) => this.chooseOutput(index)),
      this.pointwisePart,
      this.costs());
    this.chooseInput(0, false);
    this.chooseOutput(0);
  }

  chooseInput(index, show = true) {
    const { input, depthwise } = this.block;
    const { stride } = depthwise.geometry;
    this.inIndex = index;
    this.inMap = board(mapCanvas(input.map(index), input.height, input.width), {
      point: (row, column) => this.moveTo(Math.floor(row / stride), Math.floor(column / stride)),
      step: (rows, columns) => this.moveBy(rows, columns),
    });
    this.middleMap = this.outputBoard(depthwise, index);
    this.depthwisePart.replaceChildren(
      el("div", { class: "part" }, el("h3", {}, this.text("input")), this.inMap.element),
      el("div", { class: "part" }, el("p", { class: "label" }, this.text("valueTimesWeight")), this.products),
      el("div", { class: "part" }, el("h3", {}, this.text("depthwiseResult")), this.middleMap.element));
    if (show) {
      this.show();
    }
  }

  chooseOutput(index) {
    this.outIndex = index;
    this.outMap = this.outputBoard(this.block.pointwise, index);
    this.pointwisePart.replaceChildren(
      el("div", { class: "part" }, this.mixed),
      el("div", { class: "part" }, el("h3", {}, this.text("pointwiseResult")), this.outMap.element),
      this.fieldPart());
    this.show();
  }

  show() {
    const { input, depthwise, pointwise } = this.block;
    const place = [[this.row, this.row], [this.column, this.column]];
    const [top, left] = depthwise.corner(this.row, this.column);
    const clip = (first, size) => [Math.max(first, 0), Math.min(first + 2, size - 1)];
    this.inMap.show(clip(top, input.height), clip(left, input.width),
      this.label("input", input, this.inIndex, Math.max(top, 0), Math.max(left, 0)));
    this.middleMap.show(...place, this.label("depthwiseResult", depthwise, this.inIndex));
    this.outMap.show(...place, this.label("pointwiseResult", pointwise, this.outIndex));
    this.showField();
    const terms = depthwiseTerms(this.block, this.inIndex, this.row, this.column);
    this.products.replaceChildren(this.window(terms), this.lines(depthwise, this.inIndex, sumOf(terms), 9));
    this.showMixed();
  }

  /** The column of weights, and the products at the place. */
  showMixed() {
    const { depthwise, pointwise } = this.block;
    const { terms, column, others } = pointwiseTerms(this.block, this.outIndex, this.row, this.column);
    const sum = sumOf(terms) + others;
    const chosen = terms[this.inIndex];
    const share = (term) => (term === chosen ? Infinity : Math.abs(term.value * term.weight));
    const named = [...terms].sort((a, b) => share(b) - share(a)).slice(0, TERMS);
    const rest = depthwise.depth - named.length;
    const rows = named.map((term) => el("tr", { class: term === chosen ? "chosen" : "" },
      el("th", { scope: "row" }, term.channel),
      el("td", {}, fixed(term.value, this.digits)),
      el("td", {}, fixed(term.weight, this.digits)),
      el("td", {}, signed(term.value * term.weight, this.digits))));
    if (rest > 0) {
      rows.push(el("tr", {},
        el("th", { scope: "row", colspan: "3" }, this.text("others", { count: rest })),
        el("td", {}, signed(sum - sumOf(named), this.digits))));
    }
    const heads = ["mapNumber", "value", "weight", "product"];
    this.mixed.replaceChildren(
      el("p", { class: "label" }, this.text("weightsColumn", { count: depthwise.depth })),
      columnCanvas(column, new Set(named.map((term) => term.channel))),
      el("table", { class: "terms" },
        el("thead", {}, el("tr", {}, heads.map((key) => el("th", { scope: "col" }, this.text(key, { number: "" }).trim())))),
        el("tbody", {}, rows)),
      this.lines(pointwise, this.outIndex, sum, depthwise.depth));
  }

  /** What the block costs, and what a standard convolution would. */
  costs() {
    const { depthwise, pointwise, operator } = this.block;
    const { text } = this;
    const macs = depthwise.cost.macs + pointwise.cost.macs;
    const kernelValues = depthwise.cost.kernelValues + pointwise.cost.kernelValues;
    const { standard } = operator;
    const times = standard.macs / macs;
    const rows = [
      ["parameters", grouped(kernelValues), grouped(standard.kernelValues), standard.kernelValues / kernelValues],
      ["multiplyAdds", grouped(macs), grouped(standard.macs), times],
      ["milliseconds", time(operator.milliseconds), text("estimate", { value: time(operator.milliseconds * times) }), times],
    ];
    return el("div", {}, el("h3", {}, text("costTitle")),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("costTitle") },
        el("table", { class: "costs" },
          el("thead", {}, el("tr", {}, el("td"), ["separable", "standard", "ratio"].map((key) => el("th", { scope: "col" }, text(key))))),
          el("tbody", {}, rows.map(([key, a, b, ratio]) => el("tr", {},
            el("th", { scope: "row" }, text(key)), el("td", {}, a), el("td", {}, b), el("td", {}, `${fixed(ratio, 1)}×`)))))),
      el("p", { class: "note" }, text("estimateNote")));
  }
}

/** A column of weights as bars: up for positive ones, down for negative ones. */
function columnCanvas(weights, marked) {
  const height = 64;
  const each = Math.max(1, Math.min(12, Math.floor(768 / weights.length)));
  const canvas = el("canvas", { class: "column", width: weights.length * each, height, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const most = largestOf(weights) || 1;
  weights.forEach((weight, i) => {
    const size = Math.max(1, Math.abs(weight) / most * (height / 2 - 4));
    context.globalAlpha = marked.has(i) ? 1 : 0.4;
    context.fillStyle = weight > 0 ? "rgb(235 94 20)" : "rgb(60 120 240)";
    context.fillRect(i * each, weight > 0 ? height / 2 - size : height / 2, Math.max(1, each - (each > 2 ? 1 : 0)), size);
    if (marked.has(i)) {
      context.fillRect(i * each, height - 3, Math.max(1, each), 3);
    }
  });
  return canvas;
}
