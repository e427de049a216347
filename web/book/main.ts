// The book scan page: wires the worker's book to its view.
import { keepOffline } from "../shared/offline.ts";

document.getElementById("app")?.removeAttribute("aria-busy");
keepOffline();
