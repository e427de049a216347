// Makes the pages work without a network: registers the service worker, which keeps the files of one build. Pages opened from disk or
// over plain HTTP have no service workers; they work all the same.

/** Call once, after the page is up. */
export function keepOffline(): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("service-worker.js").catch(() => {
    // Refused by the browser's settings: the page needs nothing of it.
  });
}
