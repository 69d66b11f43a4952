// What a page does beyond links and forms. Without it everything still works, a page at a time.
(() => {
  const root = document.documentElement;
  const all = (within, selector) => within.querySelectorAll(selector);
  const find = (id) => document.getElementById(id);

  // Says something to who does not see the page.
  const say = (text) => {
    const live = find("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 60);
  };

  const toast = (text, kind) => {
    const place = find("toasts");
    if (!place) return;
    const line = document.createElement("p");
    line.textContent = text;
    if (kind) line.className = kind;
    place.append(line);
    setTimeout(() => line.remove(), 6000);
    say(text);
  };

  // Times: in the reader's zone and language, with the time in UTC as the title.
  const FORMATS = {
    moment: { dateStyle: "medium", timeStyle: "short" },
    exact: { dateStyle: "medium", timeStyle: "medium" },
    day: { dateStyle: "medium" },
    clock: { hour: "2-digit", minute: "2-digit" },
    date: { month: "short", day: "numeric" },
  };
  const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const formats = new Map();
  const format = (name) => {
    if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(undefined, FORMATS[name] || FORMATS.moment));
    return formats.get(name);
  };
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const ago = (at) => {
    const seconds = (at - Date.now()) / 1000;
    for (const [unit, size] of UNITS) {
      if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
    }
    return relative.format(0, "minute");
  };
  const tell = (at, name) => (name === "ago" ? ago(at) : format(name).format(at));

  const name = (element) => element.dataset.format || "moment";
  const localise = (within) => {
    for (const each of all(within, "time[datetime]")) {
      const at = Date.parse(each.dateTime);
      if (Number.isNaN(at)) continue;
      each.title = name(each) === "ago" ? `${format("exact").format(at)} (${each.dateTime})` : each.dateTime;
      each.textContent = tell(at, name(each));
    }
    for (const each of all(within, "[data-at]")) {
      const at = Number(each.dataset.at);
      const text = tell(at, each.dataset.format);
      each.textContent = each.dataset.said ? `${text}: ${each.dataset.said}` : text;
    }
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const each of all(within, "[data-zone]")) each.textContent = `Times are in your zone, ${zone.replaceAll("_", " ")}.`;
  };

  // Which colours: as the system has them, or as chosen here.
  const showTheme = () => {
    const chosen = root.dataset.theme || "system";
    for (const each of all(document, "[data-theme-choice]")) {
      each.setAttribute("aria-pressed", String(each.dataset.themeChoice === chosen));
    }
  };
  const chooseTheme = (choice) => {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    try {
      if (choice === "system") localStorage.removeItem("remint-theme");
      else localStorage.setItem("remint-theme", choice);
    } catch {
      // Forbidden storage: the choice lasts as long as this page.
    }
    showTheme();
  };

  const copy = async (button) => {
    const source = find(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard without a secure origin: what is selected can be copied by hand.
      if ("select" in source) source.select();
      else getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) {
        say("Selected; press Control C to copy.");
        return;
      }
      button.focus();
    }
    button.classList.add("copied");
    say(`Copied ${button.dataset.what || ""}`.trim());
    setTimeout(() => button.classList.remove("copied"), 2500);
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-theme-choice], [data-copy], [data-dialog], [data-close], [data-dismiss]");
    if (!target) return;
    const { dataset } = target;
    if (dataset.themeChoice) chooseTheme(dataset.themeChoice);
    else if (dataset.copy) copy(target);
    else if ("close" in dataset) {
      const dialog = target.closest("dialog");
      if (dialog) { event.preventDefault(); dialog.close(); }
    } else if ("dismiss" in dataset) {
      target.closest(".notice").remove();
      find("main").focus();
    } else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      const dialog = find(dataset.dialog);
      if (dialog) { event.preventDefault(); dialog.showModal(); }
    }
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("input[data-whole]")) event.target.select();
  });

  // A form goes out once, however often it is pressed; a page that the browser brings back starts anew.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    // Its answer goes elsewhere and leaves the page as it is: it may be pressed again.
    if (form.matches("[target], [data-stays]")) return;
    if (form.classList.contains("busy")) { event.preventDefault(); return; }
    form.classList.add("busy");
  });
  addEventListener("pageshow", () => {
    for (const form of all(document, "form.busy")) form.classList.remove("busy");
  });

  // What htmx brought in: its times, its errors, and where to go on reading.
  const arrived = (element) => {
    localise(element);
    const next = element.matches("[data-focus]") ? element : element.querySelector("[data-focus]");
    if (next) next.focus();
    const told = element.matches("[data-say]") ? element : element.querySelector("[data-say]");
    if (told) say(told.dataset.say);
  };
  document.addEventListener("htmx:load", (event) => arrived(event.detail.elt));
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A form that was refused comes back with words at its fields.
    if (event.detail.xhr.status === 422) Object.assign(event.detail, { shouldSwap: true, isError: false });
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const heading = page.querySelector("h1");
    toast(heading ? `${heading.textContent}.` : `The server answered ${xhr.status}.`, "danger");
  });
  document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Try again.", "danger"));

  document.addEventListener("DOMContentLoaded", () => {
    // A code in a fragment reaches no log. The form takes it, and it leaves the address.
    const coded = document.querySelector("[data-fragment]");
    if (coded && location.hash.length > 1) {
      coded.value = decodeURIComponent(location.hash.slice(1));
      history.replaceState(null, "", location.pathname + location.search);
      coded.form.requestSubmit();
    }
    showTheme();
    localise(document);
    // On a narrow screen the present tab may be out of sight.
    for (const tab of all(document, ".tabs [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    const first = document.querySelector("[data-focus]");
    if (first) first.focus();
  });
})();
