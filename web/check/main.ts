// The risk check page: wires the account's state to its view.
import { keepOffline } from "../shared/offline.ts";

document.getElementById("app")?.removeAttribute("aria-busy");
keepOffline();
