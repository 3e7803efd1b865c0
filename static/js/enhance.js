// Six small things; every page works without them. See docs/interface.md, "Script".
"use strict";

(() => {
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  // 1. After a refused form, the summary of what to mend takes the focus.
  const focusSummary = (root) => root.querySelector("[data-error-summary]")?.focus();

  // 2. A filter form or link with data-swap="#id" replaces that element with the same element of the full answer.
  const swap = async (url, selector, push) => {
    const target = document.querySelector(selector);
    target.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      const page = parse(await answer.text());
      const fresh = page.querySelector(selector);
      if (!answer.ok || !fresh) throw new Error("no such part");
      target.replaceWith(document.adoptNode(fresh));
      document.title = page.title;
      for (const live of page.querySelectorAll("[aria-live][class]")) {
        const mine = document.querySelector(`.${live.classList[0]}[aria-live]`);
        if (mine && !fresh.contains(mine)) mine.textContent = live.textContent;
      }
      if (push) history.pushState({ swap: selector }, "", url);
    } catch {
      location.assign(url);
    }
  };
  const swappable = (element) => element.dataset.swap && document.querySelector(element.dataset.swap);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get" || !swappable(form)) return;
    event.preventDefault();
    const url = new URL(form.action, location.href);
    url.search = new URLSearchParams(new FormData(form, event.submitter)).toString();
    swap(url.href, form.dataset.swap, true);
  });

  // 3. A link to a confirm page opens that page's heart as a dialog.
  const openDialog = async (link) => {
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      const heart = parse(await answer.text()).querySelector("[data-confirm]");
      if (!answer.ok || answer.redirected || !heart) throw new Error("no confirm part");
      const dialog = document.createElement("dialog");
      dialog.className = "dialog";
      const title = heart.querySelector("h1, h2");
      if (title) {
        title.id ||= "dialog-title";
        dialog.setAttribute("aria-labelledby", title.id);
      }
      for (const form of heart.querySelectorAll("form")) form.action = new URL(form.getAttribute("action") || "", answer.url).href;
      dialog.append(document.adoptNode(heart));
      dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
      for (const cancel of dialog.querySelectorAll("[data-cancel]")) {
        cancel.addEventListener("click", (event) => { event.preventDefault(); dialog.close(); });
      }
      document.body.append(dialog);
      dialog.showModal();
    } catch {
      location.assign(link.href);
    }
  };

  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target.closest?.("a[data-swap], a[data-dialog]");
    if (link && plain) {
      if ("dialog" in link.dataset) {
        event.preventDefault();
        openDialog(link);
      } else if (swappable(link)) {
        event.preventDefault();
        swap(link.href, link.dataset.swap, true);
      }
    }
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  window.addEventListener("popstate", () => location.reload());

  // 4. A button that posts works once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { for (const b of form.elements) if (b.type === "submit") b.setAttribute("aria-disabled", "true"); });
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const b of form.elements) b.removeAttribute("aria-disabled");
    }
  });

  // 5. A form with data-autosave is sent there while it is typed; what became of it stands in [data-autosaved]; without an answer what that holds, and again in 10 s.
  const autosave = (form) => {
    const said = form.querySelector("[data-autosaved]");
    let timer, flying, refused;
    const send = async () => {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), credentials: "same-origin", headers: { Accept: "application/json" } });
      const told = await answer.json();
      said.textContent = told.said;
      if (answer.ok) form.elements.seen.value = told.seen;
      refused = answer.status === 409;
    };
    const save = () => {
      clearTimeout(timer);
      timer = undefined;
      if (refused) return;
      if (flying) { timer = setTimeout(save, 500); return; }
      flying = send().catch(() => { said.textContent = said.dataset.autosaved; timer = setTimeout(save, 10000); }).finally(() => { flying = undefined; });
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 2000); });
    document.addEventListener("visibilitychange", () => { if (timer && document.hidden) save(); });
    // The button waits for what is on its way: the two would look like two windows to each other.
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      timer = undefined;
      if (!flying) return;
      event.preventDefault();
      flying.finally(() => form.requestSubmit(event.submitter));
    });
  };
  for (const form of document.querySelectorAll("form[data-autosave]")) autosave(form);

  // 6. An element with data-seen tells that address that somebody looks: a tag, and the site they came from.
  const seen = document.querySelector("[data-seen]");
  if (seen) {
    const told = { step: seen.dataset.step, via: new URLSearchParams(location.search).get("via") || "", from: document.referrer && new URL(document.referrer).origin };
    navigator.sendBeacon(seen.dataset.seen, new URLSearchParams(told));
  }

  focusSummary(document);
})();
