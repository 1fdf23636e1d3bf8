/** An image's way through a network: the page of the command explain, with data from the server. */
import { json } from "./api.js";
import { el } from "./explain/dom.js";
import { mount } from "./explain/explain.js";
import { encoded } from "./images.js";
import { chooser, droppable, select, status } from "./parts.js";

export function understandPage(root, { text, language, shared }) {
  const { models, projects } = shared.state;
  const targets = [
    ...models.map((name) => [`model/${name}`, name]),
    ...projects.flatMap((name) => [
      [`head/${name}`, text("ofHead", { name })],
      [`run/${name}`, text("ofRun", { name })],
    ]),
  ];
  let target = shared.target && targets.some(([value]) => value === shared.target) ? shared.target : targets[0][0];
  const said = status();
  const page = el("div", { class: "explanation" });
  let gone = false;

  async function show() {
    if (!shared.image) {
      return;
    }
    const [kind, ...name] = target.split("/");
    const of = kind === "model" ? { model: name.join("/") } : { project: name.join("/"), of: kind };
    said.textContent = text("computing");
    page.setAttribute("aria-busy", "true");
    try {
      const data = await json("POST", "explain", { ...of, name: shared.image.name }, shared.image.blob);
      if (!gone) {
        mount(page, data, language);
        said.textContent = "";
      }
    } catch (fault) {
      said.textContent = fault.message;
    }
    page.removeAttribute("aria-busy");
  }

  async function chosen(found) {
    if (found.length > 0) {
      shared.image = { blob: await encoded(found[0].file), name: found[0].file.name };
      await show();
    }
  }

  const bar = el("section", { class: "ask" },
    el("div", { class: "tools" },
      chooser(text("chooseImage"), {}, (found) => chosen(found).catch((fault) => (said.textContent = fault.message))),
      targets.length > 1 ? select(text("model"), targets, target, (value) => {
        target = value;
        shared.target = value;
        show();
      }) : undefined),
    shared.image ? undefined : el("p", { class: "invitation" }, text("dropHere")), said);
  const all = el("div", {},
    shared.image ? undefined : el("h1", {}, text("understandTitle")),
    shared.image ? undefined : el("p", { class: "lead" }, text("understandLead")),
    bar, page);
  droppable(all, (found) => chosen(found).catch((fault) => (said.textContent = fault.message)));
  root.replaceChildren(all);
  show();
  return () => {
    gone = true;
  };
}
