// Holds a book of up to a million accounts off the page's thread, and scans it on demand.
export {};
