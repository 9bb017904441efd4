// Loads a script that is no module, such as a library kept with the pages, where it is needed.
export function loadLibrary(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}
