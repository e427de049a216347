// Runs before the first paint, so that a chosen theme never flashes the other one: puts the stored choice on the root, and wires the
// switch once the masthead is there. Storage may be forbidden; then the choice lasts as long as the page. It is the one script that needs
// no other, so it also watches whether the page's own comes up.
import { watchStart } from "./cannot-start.ts";

const KEY = "underkeel-theme";
const CHOICES = ["system", "light", "dark"] as const;
type Choice = (typeof CHOICES)[number];

function stored(): Choice {
  try {
    const value = localStorage.getItem(KEY);
    return CHOICES.find((choice) => choice === value) ?? "system";
  } catch {
    return "system";
  }
}

watchStart();
let choice = stored();

function show(): void {
  const root = document.documentElement;
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  const name = choice === "system" ? "as the system" : choice;
  document.getElementById("theme")?.setAttribute("aria-label", `Colours: ${name}`);
}

show();
document.addEventListener("DOMContentLoaded", () => {
  show();
  // By hand: the address after # is the page's state, which a jump to #app would replace.
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    const app = document.getElementById("app");
    app?.setAttribute("tabindex", "-1");
    app?.focus();
  });
  document.getElementById("theme")?.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length] ?? "system";
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // The choice still holds for this page.
    }
    show();
    document.dispatchEvent(new Event("themechange"));
  });
});
