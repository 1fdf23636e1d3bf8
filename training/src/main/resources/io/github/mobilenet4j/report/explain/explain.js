/** The page: mount(element, data) fills an element with the data of ExplanationData. */
import { attention } from "./attention.js";
import { convolutions } from "./convolutions.js";
import { Explanation } from "./data.js";
import { choice, el, time } from "./dom.js";
import { multipliers } from "./multipliers.js";
import { network } from "./network.js";
import { LANGUAGES, preferredLanguage, translator } from "./strings.js";

/** Returns the data that a page has in itself. */
export function embedded() {
  return JSON.parse(document.getElementById("data").textContent);
}

/**
 * Shows data.
 *
 * @param root an element, whose content is replaced
 * @param data JSON of ExplanationData
 * @param language "en" or "zh"; the browser's, if none is given
 */
export function mount(root, data, language = preferredLanguage()) {
  const explanation = new Explanation(data);
  const state = { open: explanation.blocks[Math.min(4, explanation.blocks.length - 1)]?.pointwise.name };
  show(language);
  function show(code) {
    const text = translator(code);
    document.documentElement.lang = LANGUAGES.find((each) => each.code === code).html;
    root.replaceChildren(
      header(explanation, text, code, (chosen) => {
        show(LANGUAGES[chosen].code);
        root.querySelector(".languages [aria-pressed=true]").focus();
      }),
      attention(explanation, text),
      network(explanation, text, state),
      convolutions(text),
      multipliers(explanation, text, state),
      el("footer", {}, text("footer")));
  }
}

function header(explanation, text, code, choose) {
  const { about, image, classes, milliseconds } = explanation;
  const title = [el("bdi", {}, about.name)];
  if (classes.length > 0) {
    title.push(": ", el("bdi", {}, classes[0].label));
  }
  const chosen = LANGUAGES.findIndex((language) => language.code === code);
  const languages = choice(text("language"), LANGUAGES, chosen, choose, (language) => [language.name]);
  languages.querySelectorAll("button").forEach((button, i) => button.setAttribute("lang", LANGUAGES[i].html));
  languages.classList.add("languages");
  return el("header", {}, languages, el("h1", {}, title),
    el("p", {}, text("subtitle", {
      alpha: Number(about.widthMultiplier.toFixed(4)), height: image.height, width: image.width,
      precision: text(about.precision), classes: about.classes, ms: time(milliseconds), threads: about.threads,
      model: about.model,
    })));
}
