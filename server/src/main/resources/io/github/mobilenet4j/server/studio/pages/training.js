/** Behind the classes: fine-tuning, which classes are taken for which, and what can be taken home. */
import { address, download, events, hasToken, json } from "./api.js";
import { thumbnails } from "./classes.js";
import { el, percent, svg } from "./explain/dom.js";
import { button, select, size, status } from "./parts.js";

const FORMATS = [
  ["onnx", "ONNX"], ["tflite", "TensorFlow Lite"], ["keras", "Keras"], ["pytorch", "PyTorch"],
  ["tfjs", "TensorFlow.js"], ["safetensors", "safetensors"],
];
const RUNNING = ["RUNNING", "STOPPING"];

export function trainingParts(page) {
  const { text, project, fail } = page;
  let listening;
  let has = { head: false, run: false };

  // Fine-tuning.
  const epochs = el("input", { type: "number", min: 2, max: 200, value: 8 });
  const said = status();
  const meter = el("progress", { max: 1, value: 0, hidden: true, "aria-label": text("fineTuning") });
  const chart = el("div", {});
  const notes = el("p", { class: "note" });
  const report = el("a", {
    class: "button", href: address("report", { project }), target: "_blank", hidden: true,
    onclick: (event) => {
      if (hasToken()) {
        event.preventDefault();
        download("report", { project }, "report.html").catch(fail);
      }
    },
  }, text("report"));
  const begin = (parameters) => json("POST", "training", { project, ...parameters }).then((now) => {
    tell(now);
    listen();
  }).catch((fault) => (said.textContent = fault.message));
  const start = button(text("startTraining"), () => begin({ epochs: epochs.value }), { class: "primary" });
  const resume = button(text("resume"), () => begin({ resume: true }), { hidden: true });
  const stop = button(text("stop"), () => json("DELETE", "training", { project }).then(tell).catch(fail), { hidden: true });

  function tell(now) {
    const running = RUNNING.includes(now.state);
    start.hidden = running;
    epochs.disabled = running;
    stop.hidden = now.state !== "RUNNING";
    resume.hidden = now.state !== "STOPPED" && now.state !== "FAILED";
    meter.hidden = !running;
    if (now.epochs && now.batches) {
      meter.value = (now.epoch - 1 + now.batch / now.batches) / now.epochs;
    } else {
      meter.removeAttribute("value");
    }
    const last = now.rows?.at(-1);
    const values = {
      epoch: now.epoch, epochs: now.epochs, rate: now.imagesPerSecond?.toFixed(0) ?? "…",
      percent: last?.validationTop1 == null ? "–" : percent(last.validationTop1), error: now.error,
    };
    said.textContent = now.state === "NONE" ? "" : text(`state_${now.state}${running && !now.batches ? "_SOON" : ""}`, values);
    chart.replaceChildren(...(now.rows?.length > 0 ? [curve(now, text)] : []));
    notes.textContent = (now.notes ?? []).join(" ");
    report.hidden = !now.report;
    if (now.model !== has.run) {
      has.run = now.model;
      page.offerTrained(now.model);
      choices();
    }
    if (now.state === "FINISHED" && of === "run") {
      matrix();
    }
  }

  async function listen() {
    listening?.abort();
    listening = new AbortController();
    try {
      await events("progress", { project }, listening.signal, tell);
    } catch (fault) {
      if (fault.name !== "AbortError") {
        fail(fault);
      }
    }
  }

  // Whose confusion is shown, and who is taken home.
  let of = "head";
  const whose = el("div", {});
  const table = el("div", {});
  const cell = el("div", { "aria-live": "polite" });
  function choices() {
    whose.replaceChildren(...(has.run
      ? [select(text("asked"), [["head", text("classifier")], ["run", text("fineTuned")]], of, (value) => {
        of = value;
        matrix();
      })]
      : []));
  }

  async function matrix() {
    if (of === "head" && !has.head) {
      return;
    }
    try {
      const data = await json("GET", "confusion", { project, of });
      table.replaceChildren(matrixTable(data, text, ({ truth, predicted, images }) => {
        cell.replaceChildren(
          el("p", { class: "label" }, text("taken", { truth: data.classes[truth], predicted: data.classes[predicted] })),
          thumbnails(page, images));
      }));
      cell.replaceChildren();
    } catch (fault) {
      table.replaceChildren(el("p", { class: "note" }, fault.message));
    }
  }

  // Export.
  const exported = status();
  const formats = el("div", { class: "tools" }, FORMATS.map(([format, name]) => button(name, async () => {
    exported.textContent = text("writing");
    try {
      const result = await json("POST", "export", { project, of, format });
      await download("export", { project, format }, `${project}-${result.file}`);
      exported.textContent = text("verified", {
        file: result.file, size: size(result.bytes), images: result.images, difference: result.difference.toExponential(0),
      });
    } catch (fault) {
      exported.textContent = fault.message;
    }
  })));

  json("GET", "training", { project }).then((now) => {
    tell(now);
    if (RUNNING.includes(now.state)) {
      listen();
    }
  }).catch(fail);

  const confusion = el("section", { class: "confusion", hidden: true },
    el("h2", {}, text("confusionTitle")), el("p", { class: "lead" }, text("confusionLead")), whose, table, cell);
  const home = el("section", { class: "export", hidden: true },
    el("h2", {}, text("exportTitle")), el("p", { class: "lead" }, text("exportLead")), formats, exported);
  const tuning = el("section", { class: "tuning", hidden: true },
    el("h2", {}, text("fineTuning")), el("p", { class: "lead" }, text("fineTuningLead")),
    el("div", { class: "tools" },
      el("label", { class: "field" }, el("span", {}, text("epochs")), epochs), start, stop, resume, report),
    meter, said, chart, notes);
  let reviewed = "";
  return {
    elements: [tuning, confusion, home],
    update(state, ready) {
      has.head = Boolean(state.head);
      [tuning, confusion, home].forEach((part) => (part.hidden = !state.head));
      const key = ready ? JSON.stringify([state.classes, state.accuracy]) : reviewed;
      if (key !== reviewed) {
        reviewed = key;
        matrix();
      }
    },
    leave: () => listening?.abort(),
  };
}

/** A table whose cells open their images. */
function matrixTable({ classes, matrix, cells }, text, open) {
  const most = Math.max(1, ...matrix.flat());
  const images = (truth, predicted) => cells.find((one) => one.truth === truth && one.predicted === predicted);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("confusionTitle") },
    el("table", { class: "matrix" },
      el("thead", {}, el("tr", {}, el("td", {}, text("isSaid")), classes.map((name) => el("th", { scope: "col" }, el("bdi", {}, name))))),
      el("tbody", {}, matrix.map((row, truth) => el("tr", {},
        el("th", { scope: "row" }, el("bdi", {}, classes[truth])),
        row.map((count, predicted) => el("td", {
          class: truth === predicted ? "right" : count > 0 ? "wrong" : "", style: { "--share": `${70 * count / most}%` },
        }, count === 0 ? "0" : button(String(count), () => open(images(truth, predicted)), {
          "aria-label": text("cell", { count, truth: classes[truth], predicted: classes[predicted] }),
        }))))))));
}

/** The share that is right, an epoch after the other: of what it learns from, and of what it does not. */
function curve({ rows, epochs }, text) {
  const [width, height] = [640, 180];
  const x = (epoch) => 40 + (width - 60) * (epochs > 1 ? (epoch - 1) / (epochs - 1) : 0.5);
  const y = (share) => 12 + (height - 40) * (1 - share);
  const line = (name, tone) => {
    const points = rows.filter((row) => row[name] != null).map((row) => `${x(row.epoch).toFixed(1)},${y(row[name]).toFixed(1)}`);
    return [
      svg("polyline", { points: points.join(" "), class: `learning ${tone}` }),
      points.map((point) => svg("circle", { cx: point.split(",")[0], cy: point.split(",")[1], r: 3.5, class: `dot ${tone}` })),
    ];
  };
  const last = rows.at(-1);
  const title = text("curve", {
    epoch: last.epoch, train: last.top1 == null ? "–" : percent(last.top1),
    validation: last.validationTop1 == null ? "–" : percent(last.validationTop1),
  });
  return el("figure", { class: "curve-box" },
    el("figcaption", {}, el("span", { class: "key a1" }, text("learnsFrom")), el("span", { class: "key a2" }, text("doesNotSee"))),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
      [0, 0.5, 1].map((share) => [
        svg("line", { x1: 40, x2: width - 20, y1: y(share), y2: y(share), class: "grid-line" }),
        svg("text", { x: 32, y: y(share) + 4, "text-anchor": "end" }, `${100 * share}`),
      ]),
      line("top1", "a1"), line("validationTop1", "a2"),
      svg("text", { x: width - 20, y: height - 4, "text-anchor": "end" }, `${text("epochs")} ${epochs}`)));
}
