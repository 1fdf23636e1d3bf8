/** The frame around the pages. */
import { askBy, json } from "./api.js";
import { choice, el } from "./explain/dom.js";
import { button } from "./parts.js";
import { LANGUAGES, preferredLanguage, rememberLanguage, translator } from "./strings.js";
import { teachPage } from "./teach.js";
import { tryPage } from "./try.js";
import { understandPage } from "./understand.js";

const PAGES = { try: tryPage, teach: teachPage, understand: understandPage };

/** What outlives a page: an image that was tried is there to be understood. */
const shared = {};
let language = preferredLanguage();
let leave = () => {};
const main = el("main", { tabindex: "-1" });
const top = el("div", { class: "top" });

function route() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  return { name: name in PAGES ? name : "try", rest: decodeURIComponent(rest.join("/")) };
}

async function show() {
  leave();
  leave = () => {};
  const text = translator(language);
  const { name, rest } = route();
  document.documentElement.lang = LANGUAGES.find((each) => each.code === language).html;
  document.title = `${text(name)} – mobilenet4j`;
  const chosen = LANGUAGES.findIndex((each) => each.code === language);
  const languages = choice(text("language"), LANGUAGES, chosen, (index) => {
    language = LANGUAGES[index].code;
    rememberLanguage(language);
    show().then(() => document.querySelector(".languages [aria-pressed=true]").focus());
  }, (each) => [each.name]);
  languages.querySelectorAll("button").forEach((one, i) => one.setAttribute("lang", LANGUAGES[i].html));
  languages.classList.add("languages");
  top.replaceChildren(
    el("header", { class: "masthead" },
      el("a", { class: "brand", href: "#try" }, el("img", { src: "/studio/icon.svg", alt: "", width: 26, height: 26 }), "mobilenet4j"),
      el("nav", { "aria-label": text("pages") }, Object.keys(PAGES).map((page) =>
        el("a", { href: `#${page}`, "aria-current": page === name ? "page" : undefined }, text(page)))),
      languages));
  try {
    shared.state = await json("GET", "state");
    leave = (await PAGES[name](main, { text, language, rest, shared })) ?? (() => {});
  } catch (fault) {
    main.replaceChildren(el("section", {}, el("h1", {}, text("broken")), el("p", { role: "alert" }, fault.message)));
  }
}

/** Asks for the token that the server was started with. */
function askForToken() {
  const text = translator(language);
  return new Promise((resolve) => {
    const input = el("input", { type: "password", autocomplete: "current-password", required: true });
    const dialog = el("dialog", { onclose: () => { dialog.remove(); resolve(input.value.trim()); } },
      el("form", { method: "dialog" },
        el("h2", {}, text("tokenTitle")), el("p", { class: "lead" }, text("tokenLead")),
        el("label", { class: "field" }, el("span", {}, text("token")), input),
        button(text("go"), undefined, { type: "submit", class: "primary" })));
    document.body.append(dialog);
    dialog.showModal();
  });
}

askBy(askForToken);
document.body.prepend(top, main);
addEventListener("hashchange", show);
// What misses its place must not replace the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
show();
